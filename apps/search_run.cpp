// SPDX-License-Identifier: Apache-2.0
#include "apps/search_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>

#include "apps/checkpoint_files.hpp"
#include "apps/checkpoint_removal.hpp"
#include "apps/run_folder.hpp"
#include "apps/search_report.hpp"
#include "apps/signals.hpp"
#include "apps/weights.hpp"
#include "apps/worker.hpp"
#include "core/content_key.hpp"
#include "core/data/data_store.hpp"
#include "core/threads.hpp"
#include "evolve/failure_policy.hpp"
#include "evolve/memory.hpp"
#include "evolve/worker_pool.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr double kGigabyte = 1e9;

/// One search in one folder.
class SearchRun {
 public:
  SearchRun(const fs::path& folder, const Experiment& experiment, std::shared_ptr<DataStore> data)
      : folder_(folder),
        experiment_(experiment),
        data_(std::move(data)),
        checkpoints_(experiment.search.checkpoint_seconds) {
    if (experiment.search.isolation == "process")
      processes_ = std::make_unique<WorkerPool>(worker_command(data_->folder()));
  }

  int workers() const {
    return experiment_.search.workers > 0 ? static_cast<int>(experiment_.search.workers) : physical_cores();
  }

  /// Bytes that candidates may take together.
  std::int64_t memory() const {
    constexpr double kShare = 0.8;  // of what is free
    const double set = kGigabyte * experiment_.search.memory;
    return static_cast<std::int64_t>(set > 0 ? set : kShare * static_cast<double>(available_memory()));
  }

  SearchOutcome run(SearchObserver& view, const std::function<void()>& begun) {
    Ledger ledger(folder_ / kLedgerFile);
    Executor executor(workers(), configure_thread, memory());
    allowed_bytes_ = executor.memory();
    SearchPlan plan;
    plan.space = experiment_.space;
    plan.settings = experiment_.search;
    plan.first = experiment_.first;
    plan.objective = [this](const Candidate& candidate, const TrialHooks& hooks) { return train(candidate, hooks); };
    plan.cost = [this](const Candidate& candidate) { return cost(candidate); };
    plan.bytes = [this](const Candidate& candidate) { return bytes(candidate); };
    plan.content = [this](const Candidate& candidate) { return content(candidate); };
    CheckpointRemoval observer(folder_ / kCheckpointsFolder, experiment_, view);
    if (begun) begun();
    try {
      auto outcome = run_search(plan, ledger, executor, observer, stop_requested());
      most_at_once_ = executor.most_at_once();
      return outcome;
    } catch (const RunAborted& error) {
      throw RunAborted(
          fmt::format("{}. Once its cause is gone, go on with: evobrnn resume {}", error.what(), folder_.string()));
    }
  }

  /// "the largest training held 4.2 MB (predicted 4.9 MB), at most 2 trained at once; 19.1 GB are allowed".
  std::string memory_text(std::int64_t measured) const {
    const auto text = [](std::int64_t bytes) {
      constexpr double kMegabyte = 1e6, kThousand = 1e3;
      const double megabytes = static_cast<double>(bytes) / kMegabyte;
      return megabytes < kThousand ? fmt::format("{:.1f} MB", megabytes)
                                   : fmt::format("{:.1f} GB", megabytes / kThousand);
    };
    return fmt::format(
        "memory: the largest training held {} (predicted {}), at most {} trained at once; {} are allowed",
        text(measured), text(predicted_bytes_), most_at_once_, text(allowed_bytes_));
  }

  /// weights/champion.safetensors and config.json: the final training of the champion that validated best, or, without
  /// final tests, its training in the search. Nothing where a signal stopped that training.
  std::optional<fs::path> store_champion(const SearchOutcome& outcome) {
    auto best = *outcome.champion;
    if (!outcome.finals.empty()) {
      const auto& trials = outcome.finals.front().trials;
      const auto rank = [](const LedgerTrial& t) {
        return t.result.status == TrialStatus::ok ? t.result.score : -std::numeric_limits<double>::infinity();
      };
      best = *std::max_element(trials.begin(), trials.end(),
                               [&](const LedgerTrial& a, const LedgerTrial& b) { return rank(a) < rank(b); });
      if (best.result.status != TrialStatus::ok) best = *outcome.champion;
    }
    const bool final = best.generation == kFinalTests;
    const auto spec = trial_spec(experiment_, best);
    const auto trained = weights_file(folder_, best.key);
    // A trial is a pure function: where its weights are not on the disk they are trained again, to the same bits.
    if (!final || !fs::exists(trained) || intact(trained) != Intact::yes) {
      TrialHooks hooks;
      hooks.should_stop = [] { return stop_requested().load(); };
      const auto result = train_to_file(spec, hooks, trained);
      if (result.status == TrialStatus::cancelled) return std::nullopt;
      if (result.status != TrialStatus::ok)
        throw std::runtime_error(fmt::format(
            "the champion could not be trained again for its weights: {}: {}. Try it once more: evobrnn resume {}",
            to_text(result.status), result.cause, folder_.string()));
    }
    store_weights(folder_ / kWeightsFolder, "champion", spec, read_whole(trained), *data_);
    return folder_ / kWeightsFolder / "champion.safetensors";
  }

  /// Checkpoints of trials under way have no use any more.
  void remove_checkpoints() const {
    std::error_code ignored;
    fs::remove_all(folder_ / kCheckpointsFolder, ignored);
  }

  const CheckpointFiles& checkpoints() const { return checkpoints_; }

 private:
  TrialResult train(const Candidate& candidate, TrialHooks hooks) {
    const auto spec = trial_spec(experiment_, candidate);
    return candidate.key.role == "champion"
               ? train_to_file(spec, std::move(hooks), weights_file(folder_, candidate.key))
               : train(spec, std::move(hooks));
  }

  /// A trial whose weights cannot be written has not failed: the disk has, and the search ends.
  TrialResult train_to_file(const TrialSpec& spec, TrialHooks hooks, const fs::path& file) {
    std::exception_ptr failure;
    hooks.weights = [&](const std::string& bytes) {
      try {
        store_with_checksum(file, bytes);
      } catch (const StorageError&) {
        failure = std::current_exception();
      }
    };
    auto result = train(spec, std::move(hooks));
    if (failure) std::rethrow_exception(failure);
    return result;
  }

  TrialResult train(const TrialSpec& spec, TrialHooks hooks) {
    const auto& search = experiment_.search;
    hooks.data = data_;
    hooks.memory_limit = static_cast<std::int64_t>(kGigabyte * search.limits.trial_memory);
    checkpoints_.attach(checkpoint_file(folder_ / kCheckpointsFolder, spec), hooks);
    let_finish_within(search.grace_seconds, hooks);
    if (!processes_) return run_trial(spec, hooks);
    return processes_->run(worker_request(spec, hooks, search.checkpoint_seconds), hooks,
                           {spec.settings.train.time_limit, search.grace_seconds});
  }

  /// None for the champion's final tests: whoever takes over a result has no weights of it.
  std::string content(const Candidate& candidate) const {
    return candidate.key.role == "champion" ? "" : content_key(trial_spec(experiment_, candidate));
  }

  double cost(const Candidate& candidate) const {
    try {
      const auto spec = trial_spec(experiment_, candidate);
      return predicted_flops(spec.settings, load_task(spec.settings.task, *data_));
    } catch (const DataError&) {
      return 0;  // the trial itself will say what is wrong
    }
  }

  std::int64_t bytes(const Candidate& candidate) {
    try {
      const auto spec = trial_spec(experiment_, candidate);
      const auto bytes = predicted_peak_bytes(spec.settings, load_task(spec.settings.task, *data_));
      predicted_bytes_ = std::max(predicted_bytes_, bytes);
      return processes_ ? bytes + data_->held_bytes() : bytes;  // each process has its own copy of the data
    } catch (const DataError&) {
      return 0;  // the trial itself will say what is wrong
    }
  }

  const fs::path folder_;
  const Experiment& experiment_;
  const std::shared_ptr<DataStore> data_;
  std::unique_ptr<WorkerPool> processes_;  ///< with isolation = process
  CheckpointFiles checkpoints_;
  std::int64_t allowed_bytes_ = 0, predicted_bytes_ = 0;
  int most_at_once_ = 0;
};

int search_and_report(const fs::path& folder, const Experiment& experiment, std::shared_ptr<DataStore> data,
                      ViewKind kind, const std::function<void()>& begun) {
  const auto& task = experiment.base.task;
  const auto shape = load_task(task, *data);
  SearchRun run(folder, experiment, std::move(data));
  auto view = make_view(kind, shape.score);
  auto outcome = run.run(*view, begun);
  view.reset();  // a live view leaves the terminal before anything else is printed
  std::optional<fs::path> weights;
  if (outcome.complete && outcome.champion) {
    weights = run.store_champion(outcome);
    outcome.complete = weights.has_value();
  }
  if (outcome.complete) run.remove_checkpoints();
  const auto& checkpoints = run.checkpoints();
  if (!checkpoints.problem().empty())
    fmt::print(stderr, "warning: not every checkpoint could be written: {}\n", checkpoints.problem());
  print_report({outcome, task.name, shape, folder, weights, run.workers(), run.memory_text(outcome.progress.peak_bytes),
                checkpoints.resumed()},
               kind);
  if (!outcome.complete) return outcome.limit.empty() ? stop_exit_code() : kExitLimit;
  return outcome.champion ? kExitOk : kExitFailure;
}

}  // namespace

int search_in(const fs::path& folder, const Experiment& experiment, std::shared_ptr<DataStore> data, ViewKind kind,
              const std::function<void()>& begun) {
  try {
    return search_and_report(folder, experiment, std::move(data), kind, begun);
  } catch (const StorageError& error) {
    throw StorageError(
        fmt::format("{}\nThe run has stopped. Every trial that the ledger holds is kept; when the cause is gone, go on "
                    "with: evobrnn "
                    "resume {}",
                    error.what(), folder.string()));
  }
}

}  // namespace evobrnn
