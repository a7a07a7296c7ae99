// SPDX-License-Identifier: Apache-2.0
#include "apps/network_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <set>
#include <utility>

#include "apps/checkpoint_removal.hpp"
#include "apps/run_folder.hpp"
#include "apps/signals.hpp"
#include "apps/weights.hpp"
#include "apps/worker.hpp"
#include "core/content_key.hpp"
#include "core/data/data_store.hpp"
#include "core/threads.hpp"
#include "evolve/failure_policy.hpp"
#include "evolve/memory.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr double kGigabyte = 1e9;

/// Bytes that candidates may take together.
std::int64_t memory(const SearchSettings& settings) {
  constexpr double kShare = 0.8;  // of what is free
  const double set = kGigabyte * settings.memory;
  return static_cast<std::int64_t>(set > 0 ? set : kShare * static_cast<double>(available_memory()));
}

/// What is predicted of a candidate; nothing (0, no text) where that throws: the trial itself will say what is wrong,
/// in the same words as when it is trained again.
template <class Predict>
auto unless_it_throws(Predict predict) -> decltype(predict()) {
  try {
    return predict();
  } catch (...) {
    return {};
  }
}

}  // namespace

Workplace::Workplace(const SearchSettings& settings, std::shared_ptr<DataStore> data)
    : data_(std::move(data)),
      inputs_(data_),
      executor_(worker_count(settings.workers), configure_thread, memory(settings)) {
  if (settings.isolation == "process") processes_ = std::make_unique<WorkerPool>(worker_command(data_->folder()));
}

NetworkSearch::NetworkSearch(fs::path folder, const Experiment& experiment, Workplace& workplace)
    : folder_(std::move(folder)),
      experiment_(experiment),
      workplace_(workplace),
      checkpoints_(experiment.search.checkpoint_seconds) {}

SearchOutcome NetworkSearch::run(SearchObserver& view, const std::function<void()>& begun) {
  storing([&] {
    make_own_folder(folder_ / kWeightsFolder);
    require_own_folder(folder_ / kCheckpointsFolder);
  });
  Ledger ledger(folder_ / kLedgerFile);
  SearchPlan plan;
  plan.space = experiment_.space;
  plan.settings = experiment_.search;
  plan.first = experiment_.first;
  plan.objective = [this](const Candidate& candidate, const TrialHooks& hooks) { return train(candidate, hooks); };
  plan.score.kind = load_task(experiment_.base.task, *workplace_.data()).score;
  plan.cost = [this](const Candidate& candidate) { return cost(candidate); };
  plan.bytes = [this](const Candidate& candidate) { return bytes(candidate); };
  plan.inputs = [this] { return workplace_.inputs().check(); };
  plan.content = [this](const Candidate& candidate) { return content(candidate); };
  CheckpointRemoval observer(folder_ / kCheckpointsFolder, experiment_, view);
  if (begun) begun();
  try {
    return run_search(plan, ledger, workplace_.executor(), observer, stop_requested());
  } catch (const RunAborted& error) {
    throw RunAborted(
        fmt::format("{}. Once its cause is gone, go on with: evobrnn resume {}", error.what(), folder_.string()));
  }
}

std::string NetworkSearch::memory_text(std::int64_t measured) const {
  const auto text = [](std::int64_t bytes) {
    constexpr double kMegabyte = 1e6, kThousand = 1e3;
    const double megabytes = static_cast<double>(bytes) / kMegabyte;
    return megabytes < kThousand ? fmt::format("{:.1f} MB", megabytes)
                                 : fmt::format("{:.1f} GB", megabytes / kThousand);
  };
  return fmt::format("memory: the largest training held {} (predicted {}), at most {} trained at once; {} are allowed",
                     text(measured), text(predicted_bytes_), workplace_.executor().most_at_once(),
                     text(workplace_.executor().memory()));
}

std::optional<fs::path> NetworkSearch::store_champion(const SearchOutcome& outcome) {
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
  workplace_.inputs().check();
  store_weights(folder_ / kWeightsFolder, "champion", spec, read_whole(trained), *workplace_.data());
  remove_stale_weights(outcome);
  return folder_ / kWeightsFolder / "champion.safetensors";
}

/// Of final tests that a run with fewer generations or more seeds made: they stay until all of the new ones are there.
void NetworkSearch::remove_stale_weights(const SearchOutcome& outcome) const {
  std::set<std::string> kept;
  for (const auto& row : outcome.finals) {
    for (const auto& trial : row.trials) {
      if (trial.key.role == "champion" && trial.result.status == TrialStatus::ok)
        kept.insert(weights_file(folder_, trial.key).filename().string());
    }
  }
  std::error_code ignored;
  for (fs::directory_iterator entry(folder_ / kWeightsFolder, ignored), end; entry != end; entry.increment(ignored)) {
    auto name = entry->path().filename().string();
    if (name.ends_with(".sha256")) name.resize(name.rfind('.'));
    if (name.starts_with("champion-seed") && !kept.count(name)) fs::remove(entry->path(), ignored);
  }
}

void NetworkSearch::remove_checkpoints() const {
  std::error_code ignored;
  fs::remove_all(folder_ / kCheckpointsFolder, ignored);
}

TrialResult NetworkSearch::train(const Candidate& candidate, TrialHooks hooks) {
  const auto spec = trial_spec(experiment_, candidate);
  return candidate.key.role == "champion" ? train_to_file(spec, std::move(hooks), weights_file(folder_, candidate.key))
                                          : train(spec, std::move(hooks));
}

/// A trial whose weights cannot be written has not failed: the disk has, and the search ends.
TrialResult NetworkSearch::train_to_file(const TrialSpec& spec, TrialHooks hooks, const fs::path& file) {
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

TrialResult NetworkSearch::train(const TrialSpec& spec, TrialHooks hooks) {
  const auto& search = experiment_.search;
  hooks.data = workplace_.data();
  hooks.memory_limit = static_cast<std::int64_t>(kGigabyte * search.limits.trial_memory);
  checkpoints_.attach(checkpoint_file(folder_ / kCheckpointsFolder, spec), hooks);
  let_finish_within(search.grace_seconds, hooks);
  auto* const processes = workplace_.processes();
  if (!processes) return run_trial(spec, hooks);
  return processes->run(worker_request(spec, hooks, search.checkpoint_seconds, workplace_.inputs().json()), hooks,
                        {spec.settings.train.time_limit, search.grace_seconds});
}

/// None for the champion's final tests: whoever takes over a result has no weights of it.
std::string NetworkSearch::content(const Candidate& candidate) const {
  if (candidate.key.role == "champion") return "";
  return unless_it_throws([&] { return content_key(trial_spec(experiment_, candidate)); });
}

double NetworkSearch::cost(const Candidate& candidate) const {
  return unless_it_throws([&] {
    const auto spec = trial_spec(experiment_, candidate);
    return predicted_flops(spec.settings, load_task(spec.settings.task, *workplace_.data()));
  });
}

std::int64_t NetworkSearch::bytes(const Candidate& candidate) {
  return unless_it_throws([&] {
    const auto spec = trial_spec(experiment_, candidate);
    const auto bytes = predicted_peak_bytes(spec.settings, load_task(spec.settings.task, *workplace_.data()));
    predicted_bytes_ = std::max(predicted_bytes_, bytes);
    // Each process has its own copy of the data.
    return workplace_.processes() ? bytes + workplace_.data()->held_bytes() : bytes;
  });
}

}  // namespace evobrnn
