// SPDX-License-Identifier: Apache-2.0
#include "core/learning/flops.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/foreign_code.hpp"
#include "core/models/dale.hpp"
#include "core/models/model.hpp"
#include "core/models/operations.hpp"

namespace evobrnn {
namespace {

/// Units that the read-out sees.
double read_units(const ModelSettings& settings) {
  const bool signs = settings.dale && reads(find_model(settings.name).about, "model.dale");
  if (!signs || settings.readout == "all" || settings.as_coded) return static_cast<double>(settings.n);
  return static_cast<double>(excitatory_units(settings.ei_ratio, settings.n));
}

/// The model's own count, which orders trials and is what a search's budget is spent in. Throws what the model throws,
/// and SettingsError for what is no count.
auto counted(const ModelSettings& settings, std::int64_t n_in) {
  const auto count = find_model(settings.name).products(settings, n_in);
  for (const double number : {count.recurrent, count.input, count.units, count.units_backward}) {
    if (std::isfinite(number) && number >= 0) continue;
    const auto origin = plugin_origin("model", settings.name);
    throw SettingsError({{"", "model.name", settings.name,
                          fmt::format("{}counts {} multiply-adds in its products, which must be a number from 0 on",
                                      origin.empty() ? "" : origin + " ", number)}});
  }
  return count;
}

}  // namespace

SampleFlops sample_flops(const TrialSettings& settings, const TaskShape& shape) {
  const auto count = counted(settings.model, shape.n_in);
  const auto steps = static_cast<double>(shape.steps), answers = shape.every_step ? steps : 1;
  const double outputs = static_cast<double>(shape.n_out), readout = read_units(settings.model) * outputs;
  // e^x, sum, quotient and difference for each class; difference, square and sum for each value.
  const double loss = outputs * (shape.score == ScoreKind::accuracy ? operations::kFunction + 3 : 3);
  SampleFlops flops;
  flops.forward = steps * (2 * (count.recurrent + count.input) + count.units) + answers * (2 * readout + loss);
  flops.products = steps * 2 * (3 * count.recurrent + 2 * count.input);
  flops.training = flops.products + steps * (count.units + count.units_backward) + answers * (6 * readout + loss);
  return flops;
}

double training_flops(const TrialSettings& settings, const TaskShape& shape, std::int64_t samples,
                      std::int64_t validations) {
  const auto flops = sample_flops(settings, shape);
  return static_cast<double>(samples) * flops.training +
         static_cast<double>(validations) * static_cast<double>(shape.validation) * flops.forward;
}

std::int64_t planned_samples(const TrialSettings& settings, const TaskShape& shape) {
  return settings.train.samples > 0 ? settings.train.samples : settings.train.epochs * shape.train;
}

std::int64_t planned_validations(const TrialSettings& settings, const TaskShape& shape) {
  const auto samples = planned_samples(settings, shape), whole = std::max<std::int64_t>(1, shape.train);
  const auto batches = [&](std::int64_t of) { return (of + settings.train.batch - 1) / settings.train.batch; };
  const auto an_epoch = batches(whole), steps = samples / whole * an_epoch + batches(samples % whole);
  const auto every = settings.train.validate_every > 0 ? settings.train.validate_every : an_epoch;
  return (steps + every - 1) / every;
}

}  // namespace evobrnn
