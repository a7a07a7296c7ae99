// SPDX-License-Identifier: Apache-2.0
#include "evolve/comparison/repeat_reading.hpp"

#include <nlohmann/json.hpp>

namespace evobrnn {

Spending spending_of(const LedgerTrial& trial) {
  const auto& cost = trial.result.cost;
  Spending spending;
  spending.trainings = 1;
  spending.failed = trial.result.status != TrialStatus::ok;
  spending.samples = cost.samples;
  spending.flops = cost.flops;
  spending.wall_seconds = cost.wall_seconds;
  spending.cpu_seconds = cost.cpu_seconds;
  return spending;
}

double test_score(const TrialResult& result) {
  const auto found = result.metrics.find("test_score");
  return found == result.metrics.end() ? result.score : found->second;
}

std::map<std::string, double> numbers_of(const std::string& genome) {
  std::map<std::string, double> numbers;
  const auto genes = nlohmann::json::parse(genome);
  for (const auto& [path, value] : genes.items()) {
    if (value.is_number()) numbers[path] = value.get<double>();
  }
  return numbers;
}

std::int64_t repeat_seed(std::uint64_t seed, const std::string& purpose, std::int64_t repeat) {
  constexpr std::uint64_t kLargest = 9'000'000'000'000'000'000U;
  return static_cast<std::int64_t>(trial_seed(seed, {purpose, "", 1, repeat}) % kLargest + 1);
}

}  // namespace evobrnn
