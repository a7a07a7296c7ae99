// SPDX-License-Identifier: Apache-2.0
/// Reads what a comparison's runs left in their folders.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "apps/comparison_run.hpp"
#include "apps/run_folder.hpp"
#include "evolve/comparison/repeat_reading.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

bool is_ok(const LedgerTrial& trial) { return trial.result.status == TrialStatus::ok; }

/// Reads one repetition of one arm.
class RepeatReader {
 public:
  RepeatReader(const ArmPlan& arm, std::int64_t repeat, const std::vector<LedgerTrial>& trials)
      : arm_(arm), trials_(trials) {
    result_.repeat = repeat;
  }

  ArmRepeat read() {
    for (const auto& trial : trials_) {
      if (trial.generation == kFinalTests) finals_.push_back(trial);
      else read_candidate(trial);
    }
    for (const auto& trial : finals_) {
      result_.finals = result_.finals + spending_of(trial);
      note_progress(trial);
    }
    read_scores();
    if (!finals_.empty()) read_hyperparameters(finals_.front());
    return std::move(result_);
  }

 private:
  /// Every validation of a training that went well counts, at what had been spent by then.
  void note_progress(const LedgerTrial& trial) {
    const auto& [cost, curve] = std::tie(trial.result.cost, trial.result.curve);
    for (const auto& point : curve) {
      if (!is_ok(trial) || (best_ && point.validation_score <= *best_)) continue;
      best_ = point.validation_score;
      const double share = static_cast<double>(point.samples) / static_cast<double>(cost.samples);
      result_.progress.emplace_back(spent_ + share * cost.flops, *best_);
    }
    spent_ += cost.flops;
  }

  void read_candidate(const LedgerTrial& trial) {
    result_.search = result_.search + spending_of(trial);
    note_progress(trial);
    const auto& space = arm_.experiment.space;
    SearchedCandidate candidate;
    candidate.flops = trial.result.cost.flops;
    if (is_ok(trial)) candidate.score = trial.result.score;
    if (space.size() > 0) candidate.genes = space.unit(space.parse(trial.key.genome));
    result_.candidates.push_back(std::move(candidate));
  }

  void read_scores() {
    result_.test = mean_metric(finals_, "test_score");
    double sum = 0, ok = 0;
    for (const auto& trial : finals_) {
      sum += is_ok(trial) ? trial.result.score : 0;
      ok += is_ok(trial);
    }
    if (ok > 0) result_.validation = sum / ok;
    for (const auto k : kFinerSteps) {
      if (const auto score = mean_metric(finals_, fmt::format("test_score_steps_{}", k)))
        result_.finer_steps[k] = *score;
    }
    if (result_.test) return;
    const auto& failed = finals_.empty() ? trials_ : finals_;
    result_.problem = failed.empty() ? "nothing was trained"
                                     : fmt::format("all {} {} failed, the last one as {}: {}", failed.size(),
                                                   finals_.empty() ? "trainings of its search" : "final trainings",
                                                   to_text(failed.back().result.status), failed.back().result.cause);
  }

  void read_hyperparameters(const LedgerTrial& final) {
    result_.champion = final.key.genome;
    result_.chosen = numbers_of(final.key.genome);
    const auto spec = trial_spec(arm_.experiment, final);
    for (const auto& trained : arm_.trained) {
      for (const auto& name : trained == "A" ? std::vector<std::string>{"A", "A_E", "A_I"} : std::vector{trained}) {
        const auto end = mean_metric(finals_, name);
        if (!end) continue;
        const auto path = "model." + name;
        const auto start = find_setting(trial_settings_table(), path)->get(spec.settings);
        result_.trained[path] = {std::get<double>(start), *end};
      }
    }
  }

  const ArmPlan& arm_;
  const std::vector<LedgerTrial>& trials_;
  std::vector<LedgerTrial> finals_;
  ArmRepeat result_;
  double spent_ = 0;
  std::optional<double> best_;
};

}  // namespace

std::optional<double> mean_metric(const std::vector<LedgerTrial>& trials, const std::string& metric) {
  double sum = 0, count = 0;
  for (const auto& trial : trials) {
    const auto found = trial.result.metrics.find(metric);
    if (!is_ok(trial) || found == trial.result.metrics.end()) continue;
    sum += found->second;
    ++count;
  }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

std::vector<ArmRecord> read_records(const ComparisonPlan& plan, const fs::path& folder) {
  std::vector<ArmRecord> records;
  for (const auto& arm : plan.arms) {
    ArmRecord record{arm.name, arm.how, arm.doc, arm.experiment.space.genes(), {}};
    for (std::int64_t repeat = 0; repeat < plan.settings.repeats; ++repeat) {
      const Ledger ledger(repeat_folder(folder, arm.name, repeat) / kLedgerFile, Ledger::Access::read);
      const auto trials = ledger.trials();
      record.repeats.push_back(RepeatReader(arm, repeat, trials).read());
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace evobrnn
