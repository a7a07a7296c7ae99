// SPDX-License-Identifier: Apache-2.0
#include "apps/comparison_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <thread>

#include "apps/builds.hpp"
#include "apps/commands.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "apps/trust.hpp"
#include "core/data/data_store.hpp"
#include "evolve/genome_file.hpp"
#include "evolve/run_lock.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

/// Passes on what one search spends.
class SpendingObserver final : public SearchObserver {
 public:
  explicit SpendingObserver(ComparisonView& view) : view_(view) {}

  void trial_finished(const LedgerTrial& trial, const SearchProgress&) override {
    trained_ += trial.result.cost.flops;
    view_.trained(trial.result.cost.flops);
  }
  double trained() const { return trained_; }

 private:
  ComparisonView& view_;
  double trained_ = 0;
};

/// "test accuracy 97.1 %, 38 trainings searched".
std::string result_text(const SearchOutcome& outcome, ScoreKind score) {
  const auto& progress = outcome.progress;
  const auto failed = progress.total_failed > 0 ? fmt::format(", {} failed", progress.total_failed) : "";
  const auto test = outcome.finals.empty() ? std::nullopt : mean_metric(outcome.finals.front().trials, "test_score");
  if (!test) return fmt::format("no training succeeded, of {}", progress.total_done);
  return fmt::format("test {} {}, {} trainings{}", to_text(score), score_text(score, *test), progress.total_done,
                     failed);
}

class ComparisonRun {
 public:
  ComparisonRun(const ComparisonPlan& plan, const fs::path& folder, Workplace& workplace, ComparisonView& view)
      : plan_(plan), folder_(folder), workplace_(workplace), view_(view) {}

  bool run() {
    // Searches wait for the last trials of their generation: with more of them than workers nobody is idle, and with
    // few more the repetitions are finished one after the other.
    const auto threads = std::min(count(), static_cast<std::size_t>(workplace_.executor().workers()) + 2);
    {
      std::vector<std::jthread> pool;
      for (std::size_t i = 0; i < threads; ++i) pool.emplace_back([this] { work(); });
    }
    if (failure_) std::rethrow_exception(failure_);
    return complete_;
  }

 private:
  std::size_t count() const { return plan_.arms.size() * static_cast<std::size_t>(plan_.settings.repeats); }

  void work() {
    for (auto i = next_++; i < count() && !halted_ && !stop_requested(); i = next_++) {
      try {
        // All arms of a repetition before the next one: what is stopped half-way holds whole pairs.
        run_one(plan_.arms[i % plan_.arms.size()], static_cast<std::int64_t>(i / plan_.arms.size()));
      } catch (...) {
        fail(std::current_exception());
      }
    }
    if (stop_requested()) complete_ = false;
  }

  void fail(std::exception_ptr failure) {
    halted_ = true;
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
  }

  void run_one(const ArmPlan& arm, std::int64_t repeat) {
    const auto experiment = experiment_of(plan_, arm, repeat);
    const auto folder = repeat_folder(folder_, arm.name, repeat);
    std::optional<RunLock> lock;
    storing([&] {
      for (const auto& part : {folder_ / kArmsFolder, folder.parent_path()}) make_own_folder(part);
      require_own_folder(folder);
    });
    if (fs::exists(folder)) {
      lock.emplace(folder);
      note_build(folder);
    } else {
      create(folder, experiment, lock);
    }
    NetworkSearch search(folder, experiment, workplace_);
    SpendingObserver observer(view_);
    const auto outcome = search.run(observer);
    if (!outcome.complete || (outcome.champion && !search.store_champion(outcome))) {
      complete_ = false;
      if (!outcome.limit.empty()) halted_ = true;
      return;
    }
    search.remove_checkpoints();
    const auto score = load_task(experiment.base.task, *workplace_.data()).score;
    view_.finished(arm.name, repeat, result_text(outcome, score), arm.most_flops, observer.trained());
  }

  void create(const fs::path& folder, const Experiment& experiment, std::optional<RunLock>& lock) {
    workplace_.inputs().check();
    std::map<std::string, std::string> files{
        {kExperimentFile, experiment.toml},
        {kProvenanceFile,
         provenance_json(experiment.search.seed, workplace_.data()->folder(), *workplace_.data(), command_line)}};
    if (!experiment.first.empty()) files[kGenomesFile] = genomes_csv(experiment.space, experiment.first);
    create_run_folder(folder, files, "", [&](const fs::path& draft) { lock.emplace(draft, folder.string()); });
    trust_own_run(folder);
  }

  const ComparisonPlan& plan_;
  const fs::path folder_;
  Workplace& workplace_;
  ComparisonView& view_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> halted_{false}, complete_{true};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

fs::path repeat_folder(const fs::path& comparison, const std::string& arm, std::int64_t repeat) {
  return comparison / kArmsFolder / arm / fmt::format("{:02}", repeat + 1);
}

bool run_comparison(const ComparisonPlan& plan, const fs::path& folder, Workplace& workplace, ComparisonView& view) {
  return ComparisonRun(plan, folder, workplace, view).run();
}

}  // namespace evobrnn
