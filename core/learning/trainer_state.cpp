// SPDX-License-Identifier: Apache-2.0
/// A training as the state of a checkpoint and back.
#include <ATen/ATen.h>

#include <algorithm>

#include "core/clock.hpp"
#include "core/learning/state.hpp"
#include "core/learning/trainer.hpp"

namespace evobrnn {
namespace {

using nlohmann::json;

json to_state(const std::vector<CurvePoint>& curve) {
  auto rows = json::array();
  for (const auto& p : curve)
    rows.push_back(json::array({p.step, p.samples, p.train_loss, p.validation_loss, p.validation_score}));
  return rows;
}

std::vector<CurvePoint> curve_from(const json& rows) {
  std::vector<CurvePoint> curve;
  for (const auto& row : rows) {
    curve.push_back({to_integer(row.at(0)), to_integer(row.at(1)), row.at(2).get<double>(), row.at(3).get<double>(),
                     row.at(4).get<double>()});
  }
  return curve;
}

}  // namespace

void Trainer::save() const {
  if (!checkpoints_.wanted()) return;
  const PeakMemory apart;  // what is copied here is not the trial's
  checkpoints_.save(state());
}

json Trainer::state() const {
  json state{{"step", step_.state()},
             {"order", order_.state()},
             {"steps", result_.cost.steps},
             {"samples", result_.cost.samples},
             {"wall_seconds", result_.cost.wall_seconds + awake_seconds() - started_},
             {"cpu_seconds", result_.cost.cpu_seconds + thread_cpu_seconds() - cpu_started_},
             {"peak_bytes", std::max(result_.cost.peak_bytes, memory_.bytes())},
             {"curve", to_state(result_.curve)},
             {"metrics", result_.metrics},
             {"loss_total", since_last_.total},
             {"loss_steps", since_last_.steps}};
  if (best_weights_.defined()) {
    state["best"] = {{"weights", evobrnn::to_state(best_weights_)},
                     {"score", best_score_},
                     {"without_improvement", without_improvement_}};
  }
  return state;
}

bool Trainer::restore() {
  const auto state = checkpoints_.given();
  if (!state) return false;
  // Held by the trial itself, so counted as its memory.
  if (state->contains("best")) best_weights_ = at::empty_like(network_.parameters().values());
  const PeakMemory apart;
  try {
    restore(*state);
  } catch (const json::exception& error) {
    throw StateError(error.what());
  }
  checkpoints_.resumed(result_.cost.steps);
  return true;
}

void Trainer::restore(const json& state) {
  step_.restore(state.at("step"));
  order_.restore(state.at("order"));
  auto& cost = result_.cost;
  cost.steps = to_integer(state.at("steps"));
  cost.samples = to_integer(state.at("samples"));
  cost.wall_seconds = state.at("wall_seconds").get<double>();
  cost.cpu_seconds = state.at("cpu_seconds").get<double>();
  cost.peak_bytes = to_integer(state.at("peak_bytes"));
  result_.curve = curve_from(state.at("curve"));
  result_.metrics = state.at("metrics").get<std::map<std::string, double>>();
  since_last_ = {state.at("loss_total").get<double>(), to_integer(state.at("loss_steps"))};
  if (best_weights_.defined()) {
    const auto& best = state.at("best");
    evobrnn::restore(best.at("weights"), best_weights_);
    best_score_ = best.at("score").get<double>();
    without_improvement_ = to_integer(best.at("without_improvement"));
  }
  if (cost.samples != order_.given() || cost.steps != order_.batches_given())
    throw StateError("a stored training has taken another number of steps than its order of samples says");
  if (ended() && !validation_due() && result_.curve.empty())
    throw StateError("a stored training has ended without a validation");
}

}  // namespace evobrnn
