// SPDX-License-Identifier: Apache-2.0
#include "core/conformance_check.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cmath>
#include <exception>

namespace evobrnn::conformance {

std::string to_text(const Finding& finding) {
  return finding.property + ", " + finding.variant + ": " + finding.where + ": expected " + finding.expected +
         ", seen " + finding.seen;
}

std::string number_text(double number) { return fmt::format("{}", number); }

bool Findings::expect(bool holds, const std::string& where, const std::string& expected, const std::string& seen) {
  if (!holds && !full()) list_.push_back({"", "", where, expected, seen});
  return holds;
}

bool Findings::expect_equal(const std::string& where, double seen, double expected) {
  return expect(seen == expected, where, number_text(expected), number_text(seen));
}

bool Findings::expect_near(const std::string& where, double seen, double expected, double tolerance) {
  return expect(std::abs(seen - expected) <= tolerance, where, number_text(expected), number_text(seen));
}

std::vector<Finding> findings_of(const Check& check) {
  std::vector<Finding> findings;
  try {
    findings = check.look();
  } catch (const std::exception& error) {
    const std::string what = error.what();  // LibTorch appends its stack
    findings = {{"", "", "the whole check", "no exception", "exception: " + what.substr(0, what.find('\n'))}};
  }
  for (auto& finding : findings) {
    finding.property = check.property;
    finding.variant = check.variant;
  }
  return findings;
}

std::vector<Finding> findings_of(const std::vector<Check>& checks) {
  std::vector<Finding> all;
  for (const auto& check : checks) {
    const auto findings = findings_of(check);
    all.insert(all.end(), findings.begin(), findings.end());
  }
  return all;
}

std::string in_words(const std::string& property) {
  std::string words;
  for (const char letter : property) {
    const bool capital = std::isupper(static_cast<unsigned char>(letter)) != 0;
    if (capital && !words.empty()) words += ' ';
    words += static_cast<char>(capital ? std::tolower(static_cast<unsigned char>(letter)) : letter);
  }
  return words;
}

}  // namespace evobrnn::conformance
