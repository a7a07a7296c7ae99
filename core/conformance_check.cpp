// SPDX-License-Identifier: Apache-2.0
#include "core/conformance_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <exception>

#include "core/foreign_code.hpp"

namespace evobrnn::conformance {

std::string to_text(const Finding& finding) {
  return finding.property + ", " + finding.variant + ": " + finding.where + ": expected " + finding.expected +
         ", seen " + finding.seen;
}

namespace {

bool is_number(const std::string& text) {
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool same(const Finding& left, const Finding& right) {
  return left.property == right.property && left.where == right.where &&
         (left.seen == right.seen || (is_number(left.seen) && is_number(right.seen)));
}

}  // namespace

std::vector<FindingGroup> grouped(const std::vector<Finding>& findings) {
  std::vector<FindingGroup> groups;
  for (const auto& finding : findings) {
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const FindingGroup& known) { return same(known.first, finding); });
    if (group == groups.end()) group = groups.insert(group, {finding, 0, {}});
    ++group->count;
    if (std::find(group->variants.begin(), group->variants.end(), finding.variant) == group->variants.end())
      group->variants.push_back(finding.variant);
  }
  return groups;
}

std::string to_text(const FindingGroup& group) {
  auto text = to_text(group.first);
  if (group.count > 1) text += fmt::format("; {} times, in: {}", group.count, fmt::join(group.variants, ", "));
  return text;
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
  } catch (...) {
    const auto what = thrown_text();
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
