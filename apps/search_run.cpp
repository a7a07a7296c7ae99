// SPDX-License-Identifier: Apache-2.0
#include "apps/search_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "apps/checkpoint_files.hpp"
#include "apps/checkpoint_removal.hpp"
#include "apps/commands.hpp"
#include "apps/run_folder.hpp"
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
    plan.content = [this](const Candidate& candidate) { return content_key(trial_spec(experiment_, candidate)); };
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
      return bytes;
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

struct Summary {
  std::size_t ok = 0;  ///< trainings that succeeded; the rest is of these
  double mean = 0, median = 0, low = 0, high = 0;
};

Summary summarise(const FinalRow& row, const std::function<double(const TrialResult&)>& metric) {
  std::vector<double> values;
  for (const auto& trial : row.trials) {
    if (trial.result.status == TrialStatus::ok) values.push_back(metric(trial.result));
  }
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto size = values.size();
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(size);
  return {size, mean, (values[(size - 1) / 2] + values[size / 2]) / 2, values.front(), values.back()};
}

/// The share of the workers' time since the program started that went into anything but training.
double other_share(const SearchProgress& progress, int workers) {
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - program_started).count();
  return std::max(0.0, 1 - progress.training_seconds / (elapsed * workers));
}

double validation_score(const TrialResult& result) { return result.score; }
double test_score(const TrialResult& result) { return result.metrics.at("test_score"); }

std::string row_name(const std::string& role) {
  if (role == "champion") return "champion";
  return role == "generation0" ? "best of generation 0" : "default settings";
}

std::string gentler_text(const FinalRow& row) {
  const auto gentler = std::count_if(row.trials.begin(), row.trials.end(), [](const LedgerTrial& t) {
    return t.result.status == TrialStatus::ok && trained_gentler(t.result);
  });
  return gentler > 0 ? fmt::format("; {} trained gentler", gentler) : "";
}

/// "12 of them failed (7 diverged, 5 crashed)".
std::string failed_text(const SearchProgress& progress) {
  std::vector<std::string> causes;
  for (const auto& [status, count] : progress.failures) causes.push_back(fmt::format("{} {}", count, to_text(status)));
  return fmt::format("{} of them failed{}", progress.total_failed,
                     causes.empty() ? "" : fmt::format(" ({})", fmt::join(causes, ", ")));
}

/// ", 2 more as checkpoints"
std::string kept_checkpoints(const fs::path& folder) {
  std::error_code missing;
  std::int64_t kept = 0;
  for (const auto& entry : fs::directory_iterator(folder, missing)) kept += entry.path().extension() != ".new";
  return kept > 0 ? fmt::format(", {} more as checkpoints", kept) : "";
}

/// How a run ended that did not come to its end.
std::string stopped_text(const SearchOutcome& outcome, const fs::path& folder) {
  const auto kept = outcome.progress.total_done;
  if (outcome.limit.empty())
    return fmt::format("stopped: {} trials kept{}. Go on with: evobrnn resume {}", kept,
                       kept_checkpoints(folder / kCheckpointsFolder), folder.string());
  const auto setting = outcome.limit.substr(0, outcome.limit.find(' '));
  const bool anew = setting == "run.max_seconds";  // it counts from each start
  return fmt::format("stopped at the limit {}: {} trials kept. Go on with: evobrnn resume {}{}", outcome.limit, kept,
                     folder.string(), anew ? "" : fmt::format(" --set {}=MORE", setting));
}

void print_finals(const SearchOutcome& outcome, const std::string& task, const TaskShape& shape) {
  fmt::print("\n{}: {}\n", task, shape.sequence);
  if (outcome.finals.empty()) return;
  const auto text = [&shape](double score) { return score_text(shape.score, score); };
  const auto seeds = outcome.finals.front().trials.size();
  fmt::print("{:<22}{:>12}   test {} over {} fresh {}: mean, median (range)\n", "", "validation", to_text(shape.score),
             seeds, seeds == 1 ? "seed" : "seeds");
  for (const auto& row : outcome.finals) {
    const auto validation = summarise(row, validation_score), test = summarise(row, test_score);
    if (test.ok == 0) {
      fmt::print("{:<22}no training succeeded: {}\n", row_name(row.role), row.trials.front().result.cause);
      continue;
    }
    const auto failed = seeds - test.ok;
    fmt::print("{:<22}{:>12}   {}, {} ({} – {}){}\n", row_name(row.role), text(validation.mean), text(test.mean),
               text(test.median), text(test.low), text(test.high),
               (failed > 0 ? fmt::format("; {} of {} trainings failed", failed, seeds) : "") + gentler_text(row));
  }
}

void print_genome(const LedgerTrial& champion, ScoreKind score) {
  fmt::print("\nchampion (trial {} of generation {}, validation {} in the search):\n", champion.id, champion.generation,
             score_text(score, champion.result.score));
  if (trained_gentler(champion.result))
    fmt::print("  trained gentler, for it diverged: train.lr halved, train.clip lowered\n");
  const auto genome = nlohmann::ordered_json::parse(champion.key.genome);
  for (const auto& [path, value] : genome.items())
    fmt::print("  {:<20} {}\n", path,
               value.is_string()         ? value.get<std::string>()
               : value.is_number_float() ? fmt::format("{:.6g}", value.get<double>())
                                         : value.dump());
}

nlohmann::ordered_json to_json(const SearchOutcome& outcome, const TaskShape& shape, const fs::path& folder) {
  const std::string metric = shape.score == ScoreKind::accuracy ? "test_accuracy" : "test_mse";
  nlohmann::ordered_json event{
      {"event", "end"}, {"complete", outcome.complete}, {"run", folder.string()}, {"sequence", shape.sequence}};
  if (!outcome.limit.empty()) event["limit"] = outcome.limit;
  if (outcome.champion)
    event["champion"] = {{"id", outcome.champion->id},
                         {"genome", nlohmann::ordered_json::parse(outcome.champion->key.genome)},
                         {"validation", outcome.champion->result.score}};
  for (const auto& row : outcome.finals) {
    auto tests = nlohmann::ordered_json::array(), validations = tests;
    for (const auto& trial : row.trials) {
      const bool ok = trial.result.status == TrialStatus::ok;
      tests.push_back(ok ? nlohmann::ordered_json(trial.result.metrics.at(metric)) : nlohmann::ordered_json());
      validations.push_back(ok ? nlohmann::ordered_json(trial.result.score) : nlohmann::ordered_json());
    }
    event["final"][row.role] = {{metric, tests}, {"validation", validations}};
  }
  return event;
}

int search_and_report(const fs::path& folder, const Experiment& experiment, std::shared_ptr<DataStore> data,
                      ViewKind kind, const std::function<void()>& begun) {
  const auto& task = experiment.base.task;
  const auto shape = load_task(task, *data);
  SearchRun run(folder, experiment, std::move(data));
  auto view = make_view(kind, shape.score);
  auto outcome = run.run(*view, begun);
  view.reset();  // a live view leaves the terminal before anything else is printed
  const auto& p = outcome.progress;
  std::optional<fs::path> weights;
  if (outcome.complete && outcome.champion) {
    weights = run.store_champion(outcome);
    outcome.complete = weights.has_value();
  }
  if (outcome.complete) run.remove_checkpoints();
  const auto& checkpoints = run.checkpoints();
  if (!checkpoints.problem().empty())
    fmt::print(stderr, "warning: not every checkpoint could be written: {}\n", checkpoints.problem());
  if (kind == ViewKind::json) {
    fmt::print("{}\n", to_json(outcome, shape, folder).dump());
  } else if (!outcome.complete) {
    fmt::print("{}\n", stopped_text(outcome, folder));
  } else if (!outcome.champion) {
    fmt::print(stderr, "no trial succeeded: of {} trials, {}; the causes are in {}\n", p.total_done, failed_text(p),
               (folder / kLedgerFile).string());
  } else {
    fmt::print("\n{} trials in {}, {}", p.total_done, duration(p.elapsed_seconds), failed_text(p));
    if (p.total_reused > 0) fmt::print(", {} known before", p.total_reused);
    if (checkpoints.resumed() > 0) fmt::print(", {} went on from a checkpoint", checkpoints.resumed());
    fmt::print("\n");
    if (p.training_seconds > 0)
      fmt::print("{:.1f} % of the time of {} worker{} was not training: search, ledger, data, waiting\n",
                 100 * other_share(p, run.workers()), run.workers(), run.workers() == 1 ? "" : "s");
    if (p.training_seconds > 0) fmt::print("{}\n", run.memory_text(p.peak_bytes));
    print_finals(outcome, task.name, shape);
    print_genome(*outcome.champion, shape.score);
    fmt::print("\nrun folder {}, weights {}\n", folder.string(), weights->string());
  }
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
