// SPDX-License-Identifier: Apache-2.0
/// Judges arms that standard input describes as JSON, and prints comparison.json: what tests/independent/compare.py
/// recomputes.
#include <iostream>
#include <nlohmann/json.hpp>

#include "evolve/comparison/comparison.hpp"
#include "evolve/comparison/comparison_json.hpp"

namespace {

using namespace evobrnn;
using Json = nlohmann::json;

ArmRepeat repeat_of(const Json& json, std::int64_t number) {
  ArmRepeat repeat;
  repeat.repeat = number;
  if (!json.at("test").is_null()) repeat.test = repeat.validation = json.at("test").get<double>();
  else repeat.problem = "it failed";
  repeat.champion = "{}";
  for (const auto& [cost, score] : json.at("progress").get<std::vector<std::pair<double, double>>>())
    repeat.progress.emplace_back(cost, score);
  repeat.search.trainings = 1;
  repeat.search.flops = json.at("search_flops");
  repeat.finals.flops = json.at("final_flops");
  for (const auto& [divisor, score] : json.at("finer_steps").items())
    repeat.finer_steps[std::stoll(divisor)] = score.get<double>();
  for (const auto& [path, values] : json.at("trained").items())
    repeat.trained[path] = values.get<std::pair<double, double>>();
  for (const auto& [genes, score] : json.at("candidates").get<std::vector<std::pair<std::vector<double>, double>>>())
    repeat.candidates.push_back({genes, score, 1});
  return repeat;
}

}  // namespace

int main() {
  const auto input = Json::parse(std::cin);
  ComparisonSettings settings;
  settings.repeats = input.at("repeats");
  settings.margin = input.at("margin");
  settings.target = input.at("target");
  settings.alpha = input.at("alpha");
  std::vector<ArmRecord> arms;
  for (const auto& json : input.at("arms")) {
    ArmRecord arm{json.at("name"), "ga", "", {}, {}};
    for (int g = 0; g < json.at("genes").get<int>(); ++g) arm.genes.push_back(real_gene("g" + std::to_string(g), 0, 1));
    for (const auto& one : json.at("repeats"))
      arm.repeats.push_back(repeat_of(one, static_cast<std::int64_t>(arm.repeats.size())));
    arms.push_back(std::move(arm));
  }
  std::cout << to_json(compare_arms(settings, ScoreKind::accuracy, std::move(arms), input.at("seed")), "synthetic");
  return 0;
}
