// SPDX-License-Identifier: Apache-2.0
#include "evolve/failure_summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace evobrnn {
namespace {

/// The text with every number as "#".
std::string without_numbers(const std::string& text) {
  std::string kept;
  for (const char letter : text) {
    if (std::isdigit(static_cast<unsigned char>(letter)) == 0) kept += letter;
    else if (kept.empty() || kept.back() != '#') kept += '#';
  }
  return kept;
}

}  // namespace

std::string failure_summary(const std::vector<LedgerTrial>& trials) {
  struct Cause {
    std::string first;
    std::size_t count = 0, place = 0;
  };
  std::map<TrialStatus, std::size_t> statuses;
  std::map<std::string, Cause> causes;
  std::size_t failed = 0;
  for (const auto& trial : trials) {
    if (trial.result.status == TrialStatus::ok) continue;
    ++statuses[trial.result.status];
    auto& cause = causes[without_numbers(trial.result.cause)];
    if (cause.count++ == 0) cause = {trial.result.cause, 1, failed};
    ++failed;
  }
  if (failed == 0) return "";
  std::vector<std::string> counts;
  for (const auto& [status, count] : statuses) counts.push_back(fmt::format("{} {}", count, to_text(status)));
  const auto& commonest = std::max_element(causes.begin(), causes.end(), [](const auto& left, const auto& right) {
                            const auto &l = left.second, &r = right.second;
                            return l.count != r.count ? l.count < r.count : l.place > r.place;
                          })->second;
  const auto how_many = failed == trials.size() ? fmt::format("all {} trials", failed)
                                                : fmt::format("{} of {} trials", failed, trials.size());
  return fmt::format("{} failed: {}. The commonest cause, of {}: {}", how_many, fmt::join(counts, ", "),
                     commonest.count, commonest.first);
}

}  // namespace evobrnn
