// SPDX-License-Identifier: Apache-2.0
#include "apps/disk_space.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/run_folder.hpp"
#include "core/learning/flops.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

// Of a row without its curve: keys, metrics with the spectral health, cost; and of one point of a curve. A test holds
// them against a real ledger.
constexpr double kRowBytes = 2000, kGeneBytes = 80, kPointBytes = 100;
/// The ledger's journal, and what a file system keeps for itself.
constexpr double kReserve = 16e6;
constexpr double kBytesPerWeight = 8;  // float64

double bytes_of_row(const Experiment& experiment) {
  return kRowBytes + kGeneBytes * static_cast<double>(experiment.space.size());
}

double search_trials(const Experiment& experiment) {
  const auto& search = experiment.search;
  const auto generations = planned_generations(experiment.space, search, experiment.first.size());
  return static_cast<double>(generations) * static_cast<double>(search.population);
}

double bytes_of_trial(const Experiment& experiment, const TaskShape& shape) {
  const auto& train = experiment.base.train;
  const auto samples =
      static_cast<double>(train.samples > 0 ? train.samples : train.epochs * std::max<std::int64_t>(1, shape.train));
  const auto steps = samples / static_cast<double>(train.batch);
  const auto points = train.validate_every > 0 ? steps / static_cast<double>(train.validate_every)
                                               : samples / static_cast<double>(std::max<std::int64_t>(1, shape.train));
  return bytes_of_row(experiment) + kPointBytes * (points + 1);
}

/// Of the largest network of the space.
double bytes_of_weights(const Experiment& experiment, const TaskShape& shape) {
  const auto settings = trial_spec(experiment, {experiment.space.highest(), {}, 0, false}).settings;
  try {
    // A training step takes at least four operations a weight and time step.
    return kBytesPerWeight * sample_flops(settings, shape).products /
           (4 * static_cast<double>(std::max<std::int64_t>(1, shape.steps)));
  } catch (...) {
    return 0;  // a model that cannot say what it costs: its trials will tell
  }
}

/// Trials that search.flops allows when each costs as the smallest of the space.
double trials_by_budget(const Experiment& experiment, const TaskShape& shape) {
  const auto settings = trial_spec(experiment, {experiment.space.lowest(), {}, 0, false}).settings;
  return experiment.search.flops / std::max(1.0, predicted_flops(settings, shape));
}

std::string bytes_text(double bytes) {
  const char* const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  for (; bytes >= 1000 && unit + 1 < std::size(units); ++unit) bytes /= 1000;
  return fmt::format("{:.3g} {}", bytes, units[unit]);
}

double bytes_in(const fs::path& folder) {
  double bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->is_regular_file(error)) bytes += static_cast<double>(entry->file_size(error));
  }
  return bytes;
}

}  // namespace

double needed_bytes(const Experiment& experiment, DataStore& data) {
  if (!experiment.command) return needed_bytes(experiment, load_task(experiment.base.task, data));
  const auto& search = experiment.search;
  const auto finals = static_cast<double>(final_rows(experiment) * search.final_seeds);
  return kReserve + (search_trials(experiment) + finals) * bytes_of_row(experiment);
}

double needed_bytes(const Experiment& experiment, const TaskShape& shape) {
  const auto& search = experiment.search;
  const auto finals = static_cast<double>(search.final_seeds);
  auto trials = search_trials(experiment);
  if (search.flops > 0) trials = std::min(trials, trials_by_budget(experiment, shape));
  trials += static_cast<double>(final_rows(experiment)) * finals;
  // The champion's weights, those of its final tests, and a second copy of one while it is written.
  return kReserve + trials * bytes_of_trial(experiment, shape) + (finals + 2) * bytes_of_weights(experiment, shape);
}

double needed_bytes_of_training(const Experiment& experiment, const TaskShape& shape) {
  // Weights, a second copy while they are written, and a checkpoint with the optimizer's two moments.
  constexpr double kCopies = 5, kSettingsBytes = 1e5;
  return kSettingsBytes + bytes_of_trial(experiment, shape) + kCopies * bytes_of_weights(experiment, shape);
}

void check_room(const fs::path& folder, double needed) {
  auto place = fs::absolute(folder);
  std::error_code error;
  while (!fs::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  const auto space = fs::space(place, error);
  if (error) return;  // what cannot be asked cannot be refused
  const auto missing = needed - bytes_in(folder);
  if (missing <= static_cast<double>(space.available)) return;
  throw UsageError(fmt::format(
      "{}: the run may need {} for its ledger and weights, and {} has {} free. Make room, choose another "
      "disk by --out, or search less (search.population, search.generations)",
      folder.string(), bytes_text(missing), place.string(), bytes_text(static_cast<double>(space.available))));
}

}  // namespace evobrnn
