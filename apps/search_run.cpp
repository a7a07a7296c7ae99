// SPDX-License-Identifier: Apache-2.0
#include "apps/search_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "apps/commands.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "apps/weights.hpp"
#include "core/content_key.hpp"
#include "core/threads.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

/// One search in one folder.
class SearchRun {
 public:
  SearchRun(const fs::path& folder, const Experiment& experiment, std::shared_ptr<DataStore> data)
      : folder_(folder), experiment_(experiment), data_(std::move(data)) {}

  int workers() const {
    return experiment_.search.workers > 0 ? static_cast<int>(experiment_.search.workers) : physical_cores();
  }

  SearchOutcome run(SearchObserver& view) {
    Ledger ledger(folder_ / kLedgerFile);
    Executor executor(workers(), configure_thread);
    SearchPlan plan;
    plan.space = experiment_.space;
    plan.settings = experiment_.search;
    plan.first = experiment_.first;
    plan.objective = [this](const Candidate& candidate, const TrialHooks& hooks) { return train(candidate, hooks); };
    plan.cost = [this](const Candidate& candidate) { return cost(candidate); };
    plan.content = [this](const Candidate& candidate) { return content_key(trial_spec(experiment_, candidate)); };
    return run_search(plan, ledger, executor, view, stop_requested());
  }

  /// weights/champion.safetensors and config.json: the final training of the champion that validated best, or, without
  /// final tests, its training in the search.
  fs::path store_champion(const SearchOutcome& outcome) const {
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
    const auto spec = trial_spec(experiment_, candidate_of(experiment_, best));
    const auto trained = weights_file(best.key);
    // A trial is a pure function: where its weights are not on the disk they are trained again, to the same bits.
    if (!final || !fs::exists(trained)) {
      train_to_file(spec, {}, trained);
    }
    store_weights(folder_ / kWeightsFolder, "champion", spec, read_whole(trained), *data_);
    return folder_ / kWeightsFolder / "champion.safetensors";
  }

 private:
  TrialResult train(const Candidate& candidate, TrialHooks hooks) const {
    const auto spec = trial_spec(experiment_, candidate);
    if (candidate.key.role == "champion") return train_to_file(spec, std::move(hooks), weights_file(candidate.key));
    hooks.data = data_;
    return run_trial(spec, hooks);
  }

  /// A trial whose weights cannot be written has not failed: the disk has, and the search ends.
  TrialResult train_to_file(const TrialSpec& spec, TrialHooks hooks, const fs::path& file) const {
    std::exception_ptr failure;
    hooks.data = data_;
    hooks.weights = [&](const std::string& bytes) {
      try {
        write_atomically(file, bytes);
      } catch (const StorageError&) {
        failure = std::current_exception();
      }
    };
    auto result = run_trial(spec, hooks);
    if (failure) std::rethrow_exception(failure);
    return result;
  }

  fs::path weights_file(const TrialKey& key) const {
    return folder_ / kWeightsFolder / fmt::format("{}-seed{}.safetensors", key.role, key.repeat + 1);
  }

  double cost(const Candidate& candidate) const {
    try {
      const auto spec = trial_spec(experiment_, candidate);
      return predicted_flops(spec.settings, load_task(spec.settings.task, *data_));
    } catch (const DataError&) {
      return 0;  // the trial itself will say what is wrong
    }
  }

  const fs::path folder_;
  const Experiment& experiment_;
  const std::shared_ptr<DataStore> data_;
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
               failed > 0 ? fmt::format("; {} of {} trainings failed", failed, seeds) : "");
  }
}

void print_genome(const LedgerTrial& champion, ScoreKind score) {
  fmt::print("\nchampion (trial {} of generation {}, validation {} in the search):\n", champion.id, champion.generation,
             score_text(score, champion.result.score));
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
                      ViewKind kind) {
  const auto& task = experiment.base.task;
  const auto shape = load_task(task, *data);
  SearchRun run(folder, experiment, std::move(data));
  auto view = make_view(kind, shape.score);
  const auto outcome = run.run(*view);
  view.reset();  // a live view leaves the terminal before anything else is printed
  const auto& p = outcome.progress;
  fs::path weights;
  if (outcome.complete && outcome.champion) weights = run.store_champion(outcome);
  if (kind == ViewKind::json) {
    fmt::print("{}\n", to_json(outcome, shape, folder).dump());
  } else if (!outcome.complete) {
    fmt::print("stopped: {} trials kept. Go on with: evobrnn resume {}\n", p.total_done, folder.string());
  } else if (!outcome.champion) {
    fmt::print(stderr, "every one of the {} trials failed; their causes are in {}\n", p.total_done,
               (folder / kLedgerFile).string());
  } else {
    fmt::print("\n{} trials in {}, {} of them failed", p.total_done, duration(p.elapsed_seconds), p.total_failed);
    if (p.total_reused > 0) fmt::print(", {} known before", p.total_reused);
    fmt::print("\n");
    if (p.training_seconds > 0)
      fmt::print("{:.1f} % of the time of {} worker{} was not training: search, ledger, data, waiting\n",
                 100 * other_share(p, run.workers()), run.workers(), run.workers() == 1 ? "" : "s");
    print_finals(outcome, task.name, shape);
    print_genome(*outcome.champion, shape.score);
    fmt::print("\nrun folder {}, weights {}\n", folder.string(), weights.string());
  }
  if (!outcome.complete) return kExitInterrupted;
  return outcome.champion ? kExitOk : kExitFailure;
}

}  // namespace

int search_in(const fs::path& folder, const Experiment& experiment, std::shared_ptr<DataStore> data, ViewKind kind) {
  try {
    return search_and_report(folder, experiment, std::move(data), kind);
  } catch (const StorageError& error) {
    throw StorageError(
        fmt::format("{}\nThe run has stopped. Every trial that the ledger holds is kept; when the cause is gone, go on "
                    "with: evobrnn "
                    "resume {}",
                    error.what(), folder.string()));
  }
}

}  // namespace evobrnn
