// SPDX-License-Identifier: Apache-2.0
#include "apps/run_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/command_file.hpp"
#include "apps/mean_interval.hpp"
#include "apps/page/page.hpp"
#include "apps/run_folder.hpp"
#include "apps/run_state.hpp"
#include "core/settings/json_depth.hpp"
#include "evolve/comparison/repeat_reading.hpp"
#include "evolve/ledger_reader.hpp"
#include "evolve/statistics/importance.hpp"
#include "evolve/told_curve.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kCurves = 30;              // learning curves: of the best trials
constexpr std::size_t kImportanceTrials = 2000;  // the forest sees evenly spread ones of more
constexpr double kDigits = 1e5;

/// Five significant places are enough for a chart, and keep pages of many trials small.
Json rounded(double value) {
  if (!std::isfinite(value)) return {};
  if (value == 0) return 0;
  const double scale = kDigits / std::pow(10, std::ceil(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

/// Names of files and what programs print need not be UTF-8.
std::string page_json(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// Null where it is none.
Json read_json(const fs::path& file) {
  constexpr std::size_t kDeepest = 32;
  const auto text = read_whole(file);
  auto json = json_depth(text) > kDeepest ? Json() : Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json() : json;
}

class RunReport {
 public:
  explicit RunReport(const fs::path& folder) : folder_(folder) {
    experiment_ = experiment_of(folder);
    const LedgerReader ledger(require_ledger(folder));
    trials_ = ledger.trials();
    state_ = run_state(folder, experiment_, trials_, ledger.score().value_or(ScoreMeaning{}));
  }

  Json json() const {
    Json root{{"name", experiment_.search.name},
              {"task", experiment_.command ? command_text(*experiment_.command) : experiment_.base.task.name},
              {"score", state_.score.kind == ScoreKind::accuracy ? "accuracy"
                        : state_.score.kind == ScoreKind::mse    ? "mse"
                                                                 : "other"},
              {"minimised", state_.score.minimised},  // the page tells the negative of its scores then
              {"complete", state_.complete},
              {"running", state_.process.alive == RunProcess::Alive::yes},
              {"done", state_.done},
              {"expected", state_.expected},
              {"ok", state_.ok},
              {"strategy", experiment_.search.strategy}};
    if (state_.remaining_seconds) root["remaining_seconds"] = rounded(*state_.remaining_seconds);
    root["failures"] = Json::array();
    for (const auto& failure : state_.failures)
      root["failures"].push_back({{"status", failure.status},
                                  {"cause", failure.cause},
                                  {"count", failure.count},
                                  {"trial", failure.first_trial}});
    root["genes"] = genes();
    root["trials"] = trials();
    root["finals"] = finals();
    root["final_tests"] = final_tests();
    root["curves"] = curves();
    root["importance"] = importance();
    if (state_.champion) {
      root["champion"] = {{"id", state_.champion->id},
                          {"generation", state_.champion->generation},
                          {"score", state_.champion->result.score},
                          {"genome", Json::parse(state_.champion->key.genome)}};
      root["lineage"] = lineage(*state_.champion);
    }
    root["examination"] = examination();
    root["settings"] = experiment_.toml;
    if (state_.tested) root["test_samples"] = {{"used", state_.tested->used}, {"of", state_.tested->of}};
    // Runs of users' programs keep none.
    root["provenance"] = fs::exists(folder_ / kProvenanceFile) ? read_json(folder_ / kProvenanceFile) : Json::object();
    return root;
  }

 private:
  static bool searched(const LedgerTrial& trial) { return trial.generation != kFinalTests; }
  static bool is_ok(const LedgerTrial& trial) { return trial.result.status == TrialStatus::ok; }

  /// As the page's other scores: larger is better.
  double test_of(const TrialResult& result) const {
    const auto found = result.metrics.find("test_score");
    return found == result.metrics.end() ? result.score : state_.score.told(found->second);
  }

  Json genes() const {
    Json list = Json::array();
    for (const auto& gene : experiment_.space.genes()) {
      Json json{{"path", gene.path},
                {"kind", gene.kind == GeneKind::real      ? "real"
                         : gene.kind == GeneKind::integer ? "integer"
                                                          : "category"},
                {"log", gene.scale == GeneScale::log}};
      if (gene.kind == GeneKind::categorical) {
        json["values"] = Json::array();
        for (const auto& value : gene.values) json["values"].push_back(to_text(value));
      } else {
        json["low"] = gene.low;
        json["high"] = gene.high;
      }
      list.push_back(std::move(json));
    }
    return list;
  }

  /// Column by column, so that many are small. A category is its index; a gene that does not apply is null.
  Json trials() const {
    Json id = Json::array(), generation = id, status = id, score = id, wall = id, start = id, worker = id, parents = id;
    std::vector<Json> genes(experiment_.space.size(), Json::array());
    double first = INFINITY;
    for (const auto& trial : trials_) first = std::min(first, trial.started);
    for (const auto& trial : trials_) {
      if (!searched(trial)) continue;
      id.push_back(trial.id);
      generation.push_back(trial.generation);
      status.push_back(to_text(trial.result.status));
      score.push_back(is_ok(trial) ? rounded(trial.result.score) : Json());
      wall.push_back(rounded(trial.result.cost.wall_seconds));
      start.push_back(std::round(100 * (trial.started - first)) / 100);
      worker.push_back(trial.worker);
      parents.push_back(trial.parents);
      add_genes(trial, genes);
    }
    return {{"id", id},       {"generation", generation}, {"status", status},   {"score", score}, {"seconds", wall},
            {"start", start}, {"worker", worker},         {"parents", parents}, {"genes", genes}};
  }

  void add_genes(const LedgerTrial& trial, std::vector<Json>& columns) const {
    const auto& all = experiment_.space.genes();
    const auto values = Json::parse(trial.key.genome);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto found = values.find(all[i].path);
      if (found == values.end()) {
        columns[i].push_back(nullptr);
      } else if (all[i].kind == GeneKind::categorical) {
        const auto genome = experiment_.space.parse(trial.key.genome);
        const auto at = std::find(all[i].values.begin(), all[i].values.end(), genome[i]);
        columns[i].push_back(at - all[i].values.begin());
      } else {
        columns[i].push_back(rounded(found->get<double>()));
      }
    }
  }

  Json finals() const {
    Json rows = Json::object();
    for (const auto& trial : trials_) {
      if (searched(trial)) continue;
      rows[trial.key.role].push_back({{"seed", trial.key.repeat + 1},
                                      {"validation", is_ok(trial) ? rounded(trial.result.score) : Json()},
                                      {"test", is_ok(trial) ? rounded(test_of(trial.result)) : Json()}});
    }
    return rows;
  }

  /// The mean test score of each role's trainings, and its interval where there are several.
  Json final_tests() const {
    std::map<std::string, std::vector<double>> scores;
    for (const auto& trial : trials_) {
      if (!searched(trial) && is_ok(trial) && std::isfinite(test_of(trial.result)))
        scores[trial.key.role].push_back(test_of(trial.result));
    }
    Json rows = Json::object();
    for (const auto& [role, values] : scores) {
      rows[role] = {{"trainings", values.size()}, {"mean", rounded(mean(values))}};
      if (auto interval = mean_interval(values)) {
        if (state_.score.kind == ScoreKind::accuracy)
          interval = {std::max(0.0, interval->low), std::min(1.0, interval->high)};
        rows[role]["interval"] = {rounded(interval->low), rounded(interval->high)};
      }
    }
    return rows;
  }

  std::vector<const LedgerTrial*> best(std::size_t count) const {
    std::vector<const LedgerTrial*> list;
    for (const auto& trial : trials_) {
      if (searched(trial) && is_ok(trial)) list.push_back(&trial);
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const auto* a, const auto* b) { return a->result.score > b->result.score; });
    list.resize(std::min(count, list.size()));
    return list;
  }

  Json curves() const {
    Json list = Json::array();
    for (const auto* trial : best(kCurves)) {
      Json samples = Json::array(), loss = samples, score = samples;
      for (const auto& point : trial->result.curve) {
        if (was_told(point)) continue;  // knows neither samples nor a validation
        samples.push_back(point.samples);
        loss.push_back(rounded(point.train_loss));
        score.push_back(rounded(point.validation_score));
      }
      list.push_back({{"id", trial->id}, {"samples", samples}, {"train_loss", loss}, {"validation_score", score}});
    }
    return list;
  }

  Json importance() const {
    if (experiment_.space.size() < 2) return {};
    std::vector<const LedgerTrial*> known;
    for (const auto& trial : trials_) {
      if (searched(trial) && is_ok(trial)) known.push_back(&trial);
    }
    Observations observations;
    const auto every = std::max<std::size_t>(1, (known.size() + kImportanceTrials - 1) / kImportanceTrials);
    for (std::size_t i = 0; i < known.size(); i += every) {
      observations.x.push_back(experiment_.space.unit(experiment_.space.parse(known[i]->key.genome)));
      observations.y.push_back(known[i]->result.score);
    }
    if (observations.x.empty()) return {};
    const auto found = functional_anova(observations, static_cast<std::uint64_t>(experiment_.search.seed));
    if (!found) return {};
    Json shares = Json::array();
    const auto& all = experiment_.space.genes();
    for (const auto& share : found->shares)
      shares.push_back(
          {{"genes", share.second ? all[share.first].path + " × " + all[*share.second].path : all[share.first].path},
           {"share", rounded(share.share)},
           {"error", rounded(share.error)}});
    return {{"explained", rounded(found->explained)}, {"trials", observations.x.size()}, {"shares", shares}};
  }

  /// The champion's ancestors, the first born first: [[id, generation, score, [parents]], …].
  Json lineage(const LedgerTrial& champion) const {
    std::map<std::int64_t, const LedgerTrial*> by_id;
    for (const auto& trial : trials_) by_id[trial.id] = &trial;
    std::set<std::int64_t> ancestors, todo{champion.id};
    while (!todo.empty()) {
      const auto id = *todo.begin();
      todo.erase(todo.begin());
      const auto found = by_id.find(id);
      if (found == by_id.end() || !ancestors.insert(id).second) continue;
      todo.insert(found->second->parents.begin(), found->second->parents.end());
    }
    Json list = Json::array();
    for (const auto id : ancestors) {
      const auto& trial = *by_id.at(id);
      list.push_back({trial.id, trial.generation, is_ok(trial) ? rounded(trial.result.score) : Json(), trial.parents});
    }
    return list;
  }

  /// What `evobrnn examine RUN` left, the full suite before the quick one, without figures of single states.
  Json examination() const {
    for (const std::string suite : {"full", "quick"}) {
      const auto file = folder_ / ("examination-" + suite) / "examination.json";
      if (!fs::exists(file)) continue;
      auto root = read_json(file);
      if (!root.is_object()) continue;
      for (auto& group : root["groups"]) group.erase("figures");
      return root;
    }
    return {};
  }

  const fs::path folder_;
  Experiment experiment_;
  std::vector<LedgerTrial> trials_;
  RunState state_;
};

}  // namespace

std::string run_report_json(const fs::path& run) { return page_json(RunReport(run).json()); }

std::string run_report_page(const fs::path& run) {
  const auto json = RunReport(run).json();
  return report_page(json.at("name").get<std::string>(), page_json(json));
}

}  // namespace evobrnn
