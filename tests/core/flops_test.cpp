// SPDX-License-Identifier: Apache-2.0
/// The count of operations against one that knows nothing of it: the equations of docs/MODELS.md in scalars that count
/// themselves, and their gradients by a tape.
#include "core/learning/flops.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/models/model.hpp"

namespace evobrnn {
namespace {

/// What every operation costs, forward and backward, as the scalars below perform them.
struct Tape {
  double forward = 0, backward = 0;
  std::vector<int> uses;  ///< of each variable: the first gradient that arrives is copied, the others are added
};
Tape tape;

/// A number that gradients are wanted of (id ≥ 0) or not.
struct Counted {
  int id = -1;
};
Counted variable(int uses = 0) {
  tape.uses.push_back(uses);
  return {static_cast<int>(tape.uses.size()) - 1};
}
/// `cost`: operations that make the gradient of this operand.
void arrives(const Counted& operand, double cost) {
  if (operand.id < 0) return;
  tape.backward += cost + (tape.uses[static_cast<std::size_t>(operand.id)]++ > 0 ? 1 : 0);
}
Counted result_of(const std::vector<std::pair<Counted, double>>& operands, double cost) {
  tape.forward += cost;
  bool trained = false;
  for (const auto& [operand, slope] : operands) trained = trained || operand.id >= 0;
  for (const auto& [operand, slope] : operands) arrives(operand, slope);
  return trained ? variable() : Counted{};
}
Counted operator+(const Counted& a, const Counted& b) { return result_of({{a, 0}, {b, 0}}, 1); }
Counted operator-(const Counted& a, const Counted& b) { return result_of({{a, 0}, {b, 0}}, 1); }
Counted operator*(const Counted& a, const Counted& b) { return result_of({{a, 1}, {b, 1}}, 1); }
/// Its slope s (1 − s) or 1 − s² takes two operations, and one to multiply.
Counted function(const Counted& a) { return result_of({{a, 3}}, 10); }
/// 1 − a, of which the subtraction is all.
Counted one_minus(const Counted& a) { return result_of({{a, 0}}, 1); }

using Row = std::vector<Counted>;
Row variables(std::int64_t count) {
  Row row;
  for (std::int64_t i = 0; i < count; ++i) row.push_back(variable());
  return row;
}
/// Parameters, whose gradients all samples and steps add to.
Row parameters(std::int64_t count) {
  Row row;
  for (std::int64_t i = 0; i < count; ++i) row.push_back(variable(1));
  return row;
}
Row constants(std::int64_t count) { return Row(static_cast<std::size_t>(count)); }

/// A sum of products, begun with none or with what is there.
Counted dot(const Row& weights, const Row& with, std::size_t from, std::size_t to, const Counted* begin = nullptr) {
  Counted sum = begin ? *begin + weights[from] * with[from] : weights[from] * with[from];
  for (auto j = from + 1; j < to; ++j) sum = sum + weights[j] * with[j];
  return sum;
}

constexpr std::int64_t kUnits = 20, kInputs = 7, kSteps = 40;

/// One sample through one model, forward and backward. The read-out comes on top.
class Network {
 public:
  explicit Network(const ModelSettings& settings) : s_(settings) {
    for (std::int64_t i = 0; i < kUnits; ++i) {
      W_.push_back(parameters(kUnits));
      P_.push_back(parameters(kInputs));
      G_.push_back(parameters(kUnits));
      Q_.push_back(parameters(kInputs));
    }
    b_ = parameters(kUnits);
    g_ = parameters(kUnits);
    const auto own = [&](bool trained) { return trained ? parameters(kUnits) : constants(kUnits); };
    z_ = own(s_.name == "multiscale" || (s_.name == "stp" && s_.stp_constants == "trained"));
    const bool plastic = s_.stp_constants == "trained";
    U_ = own(plastic), keep_u_ = own(plastic), keep_x_ = own(plastic), Uz_ = own(plastic), z_x_ = own(plastic);
    dU_ = own(plastic);
    const auto scalar = [&](const std::string& name) {
      const auto& names = s_.trained;
      return std::find(names.begin(), names.end(), name) != names.end() ? variable(1) : Counted{};
    };
    dt_ = scalar("dt");
    A_E_ = A_I_ = scalar("A");
    if (A_E_.id >= 0) A_I_ = variable(1);
  }

  /// Operations of a sample: forward, backward.
  std::pair<double, double> count() {
    const auto before = tape;
    Row r = constants(kUnits), u = U_, x_s = constants(kUnits);
    for (std::int64_t t = 0; t < kSteps; ++t) {
      const auto x = constants(kInputs);
      // The state before the first step is a constant to the tape; a step in the middle is what is counted.
      if (t == 0) {
        r = variables(kUnits);
        if (s_.name.ends_with("stp")) u = variables(kUnits), x_s = variables(kUnits);
      }
      step(r, u, x_s, x);
    }
    return {tape.forward - before.forward, tape.backward - before.backward};
  }

 private:
  void step(Row& r, Row& u, Row& x_s, const Row& x) {
    const bool conductance = s_.name.starts_with("conductance"), plastic = s_.name.ends_with("stp");
    const auto before = r;
    Row seen = r;
    if (plastic) {
      for (std::size_t i = 0; i < r.size(); ++i) {
        const auto old = u[i];
        u[i] = Uz_[i] + keep_u_[i] * old + dU_[i] * one_minus(old) * before[i];
        x_s[i] = z_x_[i] + keep_x_[i] * x_s[i] - Counted{} * u[i] * x_s[i] * before[i];
        seen[i] = u[i] * x_s[i] * before[i];
      }
    }
    const bool split = s_.name == "conductance" && s_.dale && (s_.a_kind == "ei" || s_.a_kind == "constant");
    for (std::size_t i = 0; i < r.size(); ++i) {
      const auto all = static_cast<std::size_t>(kUnits), inputs = static_cast<std::size_t>(kInputs), half = all / 2;
      Counted drive, gate;
      if (split) {
        const auto y_E = dot(W_[i], before, 0, half), y_I = dot(W_[i], before, half, all);
        drive = (y_E - y_I) + (dot(P_[i], x, 0, inputs) + b_[i]);
        gate = (A_E_ * y_E + A_I_ * y_I) + (dot(Q_[i], x, 0, inputs) + g_[i]);
      } else {
        const auto px = dot(P_[i], x, 0, inputs, &b_[i]);
        drive = dot(W_[i], seen, 0, all, &px);
        if (conductance || s_.name == "simple_gru") {
          const auto qx = dot(Q_[i], x, 0, inputs, &g_[i]);
          gate = dot(G_[i], before, 0, all, &qx);
        }
      }
      const auto z = conductance ? dt_ * function(gate) : s_.name == "simple_gru" ? function(gate) : z_[i];
      r[i] = before[i] + z * (function(drive) - before[i]);
    }
  }

  const ModelSettings s_;
  std::vector<Row> W_, P_, G_, Q_;
  Row b_, g_, z_, U_, keep_u_, keep_x_, Uz_, z_x_, dU_;
  Counted dt_, A_E_, A_I_;
};

ModelSettings settings_of(const std::string& name) {
  ModelSettings settings;
  settings.name = name;
  settings.n = kUnits;
  return settings;
}

std::vector<ModelSettings> variants() {
  std::vector<ModelSettings> all;
  for (const auto* name : {"leaky", "vanilla", "multiscale", "simple_gru", "conductance", "stp", "conductance_stp"})
    all.push_back(settings_of(name));
  auto trained = settings_of("conductance");
  trained.trained = {"A", "dt"};
  auto dense = settings_of("conductance");
  dense.dale = false;
  dense.a_kind = "constant";
  dense.trained = {"dt"};
  auto constants = settings_of("stp");
  constants.stp_constants = "mixed";
  for (const auto& more : {trained, dense, constants}) all.push_back(more);
  return all;
}

TEST(Flops, AreThoseOfTheEquationsForwardAndBackward) {
  for (const auto& model : variants()) {
    SCOPED_TRACE(model.name + (model.trained.empty() ? "" : ", trained") + (model.dale ? "" : ", no Dale"));
    tape = {};
    const auto [forward, backward] = Network(model).count();
    TrialSettings settings;
    settings.model = model;
    TaskShape shape;
    shape.steps = kSteps;
    shape.n_in = kInputs;  // no outputs: the read-out is counted below
    const auto flops = sample_flops(settings, shape);
    EXPECT_NEAR(flops.forward, forward, 1e-3 * forward);
    EXPECT_NEAR(flops.training - flops.forward, backward, 0.005 * backward)
        << backward / (flops.training - flops.forward);
  }
}

TaskShape shape_of(std::int64_t outputs) {
  TaskShape shape;
  shape.steps = 10;
  shape.n_in = 5;
  shape.n_out = outputs;
  return shape;
}

TEST(Flops, GradientsOfAAndDtCost) {
  const auto cost = [](const std::vector<std::string>& trained) {
    TrialSettings settings;
    settings.model = settings_of("conductance");
    settings.model.trained = trained;
    return sample_flops(settings, shape_of(3)).training;
  };
  EXPECT_DOUBLE_EQ(cost({"dt"}) - cost({}), 10 * kUnits * 2);
  EXPECT_DOUBLE_EQ(cost({"A"}) - cost({}), 10 * kUnits * 4);
  EXPECT_DOUBLE_EQ(cost({"A_E"}) - cost({}), 10 * kUnits * 2);
}

TEST(Flops, TheReadOutSeesExcitatoryUnitsAndEveryStepWhereEachIsScored) {
  TrialSettings settings;
  settings.model = settings_of("leaky");
  settings.model.ei_ratio = 0.75;
  auto none = shape_of(0), last = shape_of(3), every = shape_of(3);
  every.every_step = true;
  const auto readout = [&](const TaskShape& shape) {
    return sample_flops(settings, shape).forward - sample_flops(settings, none).forward;
  };
  EXPECT_DOUBLE_EQ(readout(last), 2 * 15 * 3 + 3 * 13);
  EXPECT_DOUBLE_EQ(readout(every), 10 * readout(last));
  settings.model.dale = false;
  EXPECT_DOUBLE_EQ(readout(last), 2 * 20 * 3 + 3 * 13);
}

TEST(Flops, OfATrainingHoldItsValidations) {
  TrialSettings settings;
  settings.train.batch = 16;
  settings.train.samples = 250;
  auto shape = shape_of(3);
  shape.train = 100;
  shape.validation = 40;
  // 100 samples are 7 batches; 250 are 7 + 7 + 4, validated after 7, 14 and 18.
  EXPECT_EQ(planned_validations(settings, shape), 3);
  const auto flops = sample_flops(settings, shape);
  EXPECT_DOUBLE_EQ(predicted_flops(settings, shape), 250 * flops.training + 3 * 40 * flops.forward);
  settings.train.validate_every = 5;
  EXPECT_EQ(planned_validations(settings, shape), 4) << "after 5, 10, 15 and 18";
}

TEST(Flops, OfARealTrialAreThosePredicted) {
  TrialSpec spec;
  spec.seed = 1;
  spec.settings.model.n = 10;
  spec.settings.task.name = "digits";
  spec.settings.task.train_samples = 100;
  spec.settings.task.validation_samples = 40;
  spec.settings.task.test_samples = 10;
  spec.settings.train.batch = 16;
  spec.settings.train.samples = 250;
  spec.settings.train.validate_every = 5;
  const auto data = make_data_store();
  const auto shape = load_task(spec.settings.task, *data);
  TrialHooks hooks;
  hooks.data = data;
  const auto result = run_trial(spec, hooks);
  ASSERT_EQ(result.status, TrialStatus::ok) << result.cause;
  EXPECT_EQ(result.curve.size(), 4U);
  EXPECT_DOUBLE_EQ(result.cost.flops, predicted_flops(spec.settings, shape));
}

}  // namespace
}  // namespace evobrnn
