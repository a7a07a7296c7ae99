// SPDX-License-Identifier: Apache-2.0
#include "evolve/comparison/comparison_json.hpp"

#include <nlohmann/json.hpp>

namespace evobrnn {
namespace {

using Json = nlohmann::ordered_json;

Json json(double value) { return value; }

Json json(const Interval& interval) { return Json::array({interval.low, interval.high}); }

Json json(const Summary& s) {
  return {{"n", s.n},
          {"mean", s.mean},
          {"median", s.median},
          {"standard_deviation", s.deviation},
          {"interquartile_mean", s.interquartile_mean},
          {"low", s.low},
          {"high", s.high}};
}

template <class T>
Json json(const std::optional<T>& value) {
  return value ? json(*value) : Json();
}

Json json(const Spending& s) {
  return {{"trainings", s.trainings},       {"failed", s.failed},          {"samples", s.samples}, {"flops", s.flops},
          {"wall_seconds", s.wall_seconds}, {"cpu_seconds", s.cpu_seconds}};
}

Json json(const Gene& gene) {
  Json j{{"path", gene.path}};
  if (gene.kind == GeneKind::categorical) {
    j["values"] = Json::array();
    for (const auto& value : gene.values) std::visit([&](const auto& v) { j["values"].push_back(v); }, value);
  } else {
    j["low"] = gene.low;
    j["high"] = gene.high;
    j["scale"] = gene.scale == GeneScale::log ? "log" : "linear";
  }
  return j;
}

Json json(const ArmRepeat& r) {
  Json j{{"repeat", r.repeat + 1}, {"test", json(r.test)},     {"validation", json(r.validation)},
         {"problem", r.problem},   {"search", json(r.search)}, {"final", json(r.finals)}};
  j["champion"] = r.champion.empty() ? Json() : Json::parse(r.champion);
  j["trained"] = Json::object();
  for (const auto& [path, values] : r.trained) j["trained"][path] = {{"start", values.first}, {"end", values.second}};
  j["finer_steps"] = Json::object();
  for (const auto& [divisor, score] : r.finer_steps) j["finer_steps"][std::to_string(divisor)] = score;
  j["progress"] = {{"flops", Json::array()}, {"best_validation", Json::array()}};
  for (const auto& [flops, best] : r.progress) {
    j["progress"]["flops"].push_back(flops);
    j["progress"]["best_validation"].push_back(best);
  }
  return j;
}

Json importance_json(const ArmRecord& arm, const std::optional<Importance>& importance) {
  if (!importance) return {};
  Json j{{"forest_r2", importance->explained}, {"shares", Json::array()}};
  for (const auto& share : importance->shares) {
    auto genes = Json::array({arm.genes[share.first].path});
    if (share.second) genes.push_back(arm.genes[*share.second].path);
    j["shares"].push_back({{"genes", genes},
                           {"share", share.share},
                           {"standard_error", share.error},
                           {"standard_error_trees", share.tree_error}});
  }
  return j;
}

Json json(const ArmRecord& arm, const ArmSummary& s) {
  Json j{{"name", arm.name}, {"how", arm.how}, {"doc", arm.doc}, {"genes", Json::array()}};
  for (const auto& gene : arm.genes) j["genes"].push_back(json(gene));
  j["test"] = json(s.test);
  j["mean_interval"] = json(s.mean_interval);
  j["median_interval"] = json(s.median_interval);
  j["failed_repeats"] = s.failed_repeats;
  j["search"] = json(s.search);
  j["final"] = json(s.finals);
  j["curve"] = {{"flops", s.curve.cost}, {"median", s.curve.median}, {"low", s.curve.low}, {"high", s.curve.high}};
  j["mean_best_validation"] = json(s.mean_height);
  j["reached_target"] = s.reached_target;
  j["flops_of_target"] = json(s.cost_of_target);
  j["chosen"] = Json::object();
  for (const auto& [path, summary] : s.chosen) j["chosen"][path] = json(summary);
  j["moved"] = Json::object();
  for (const auto& [path, m] : s.moved)
    j["moved"][path] = {{"start", json(m.start)}, {"end", json(m.end)}, {"median_change", m.median_change}};
  j["importance"] = importance_json(arm, s.importance);
  j["steps"] = Json::array();
  for (const auto& check : s.steps)
    j["steps"].push_back({{"divisor", check.divisor},
                          {"median_change", check.median_change},
                          {"p_holm", check.p},
                          {"depends", check.depends}});
  j["repeats"] = Json::array();
  for (const auto& repeat : arm.repeats) j["repeats"].push_back(json(repeat));
  return j;
}

Json json(const Comparison& c, const PairSummary& p) {
  auto repeats = Json::array();
  for (const auto repeat : p.repeats) repeats.push_back(repeat + 1);
  return {{"first", c.arms[p.first].name},
          {"second", c.arms[p.second].name},
          {"pairs", p.pairs},
          {"verdict", to_text(p.verdict)},
          {"differences", p.differences},
          {"repeats", repeats},
          {"shift", json(p.shift)},
          {"shift_interval", json(p.shift_interval)},
          {"mean_difference", json(p.mean_difference)},
          {"mean_interval", json(p.mean_interval)},
          {"p_signed_rank", json(p.p)},
          {"p_holm", json(p.p_holm)},
          {"p_permutation", json(p.p_permutation)},
          {"p_equivalence_holm", json(p.p_equivalence)},
          {"mean_equivalence_interval", json(p.equivalence_interval)},
          {"probability_of_improvement", json(p.improvement)},
          {"correlation", json(p.correlation)},
          {"a12", json(p.a12)},
          {"cliffs_delta", json(p.cliff)},
          {"standardised_difference", json(p.standardised)},
          {"detectable_shift", json(p.detectable)},
          {"note", p.note}};
}

}  // namespace

std::string to_json(const Comparison& c, const std::string& name) {
  const auto& s = c.settings;
  Json root{{"name", name},
            {"question", s.question},
            {"score", c.score == ScoreKind::accuracy ? "accuracy" : "negative mean squared error"},
            {"repeats", s.repeats},
            {"alpha", s.alpha},
            {"margin", s.margin},
            {"flops", s.flops},
            {"target", c.target},
            {"budget_spread", json(c.spread)},
            {"conclusion", c.conclusion},
            {"warnings", c.warnings}};
  root["pairs"] = Json::array();
  for (const auto& pair : c.pairs) root["pairs"].push_back(json(c, pair));
  root["arms"] = Json::array();
  for (std::size_t i = 0; i < c.arms.size(); ++i) root["arms"].push_back(json(c.arms[i], c.summaries[i]));
  return root.dump(1) + "\n";
}

}  // namespace evobrnn
