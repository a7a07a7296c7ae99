// SPDX-License-Identifier: Apache-2.0
/// Copies of models with one deliberate defect each: the worked cases must catch every one, and pass the copies without
/// a defect.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/golden.hpp"
#include "core/models/model.hpp"
#include "tests/core/golden_file.hpp"

namespace evobrnn {
namespace {

enum class Defect { none, sign_of_the_update, sign_of_the_input, axis_of_A, signed_input_of_the_gate, x_before_u };

/// conductance with a_kind = presynaptic, written a second time.
class ConductanceCopy final : public Model {
 public:
  ConductanceCopy(const ModelContext& context, Defect defect) : Model(context), defect_(defect) {
    g = initial_.add_uniform("g", {n_});
    a = initial_.add_constant("a", {n_}, 0.5);
    d = initial_.add_constant("d", {}, 0);
  }

  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override {
    const auto A = 10 * at::sigmoid(a);
    const auto G = (defect_ == Defect::axis_of_A ? A.unsqueeze(1) : A) * dale_.magnitude(W);
    const auto drive = defect_ == Defect::sign_of_the_input ? at::linear(x, -P, b) : input_drive(x, noise);
    const auto gate_drive = at::linear(x, defect_ == Defect::signed_input_of_the_gate ? P : P.abs(), g);
    const auto dt = at::sigmoid(d);
    return [=, this](const State& before, std::int64_t t) {
      const auto& r = before.r;
      const auto z = dt * at::sigmoid(gate_drive[t] + at::mm(r, G.t()));
      const auto candidate = activation(drive[t] + at::mm(r, W.t()));
      const auto change = z * (candidate - r);
      return State{defect_ == Defect::sign_of_the_update ? r - change : r + change, z, {}, {}};
    };
  }

 private:
  const Defect defect_;
  at::Tensor g, a, d;
};

/// stp, written a second time.
class StpCopy final : public Model {
 public:
  StpCopy(const ModelContext& context, Defect defect) : Model(context), defect_(defect) {
    c_h = initial_.add_constant("c_h", {n_}, 0);
    c_u = initial_.add_constant("c_u", {n_}, 0);
    c_x = initial_.add_constant("c_x", {n_}, 0);
    c_U = initial_.add_constant("c_U", {n_}, 0);
  }

  State initial_state(std::int64_t batch) const override {
    auto state = Model::initial_state(batch);
    state.u = at::sigmoid(c_U).expand_as(state.r);
    state.x_s = at::ones_like(state.r);
    return state;
  }

  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override {
    const auto drive = input_drive(x, noise);
    const auto z_h = at::sigmoid(c_h), z_u = at::sigmoid(c_u), z_x = at::sigmoid(c_x), U = at::sigmoid(c_U);
    return [=, this](const State& before, std::int64_t t) {
      const auto& r = before.r;
      const double delta = settings_.stp_dt;
      const auto u = U * z_u + (1 - z_u) * before.u + delta * U * (1 - before.u) * r;
      const auto& taken = defect_ == Defect::x_before_u ? before.u : u;
      const auto x_s = z_x + (1 - z_x) * before.x_s - delta * taken * before.x_s * r;
      const auto candidate = activation(drive[t] + at::mm(u * x_s * r, W.t()));
      return State{(1 - z_h) * r + z_h * candidate, z_h.expand_as(r), u, x_s};
    };
  }

 private:
  const Defect defect_;
  at::Tensor c_h, c_u, c_x, c_U;
};

/// What the worked case says of the model `Copy` in the place of `model`.
template <class Copy>
GoldenOutcome outcome_of(const std::string& model, const std::string& test, Defect defect) {
  auto entry = find_model(model);
  entry.make = [defect](const ModelContext& context) { return std::make_unique<Copy>(context, defect); };
  const auto lookup = [&](const std::string& name) { return name == model ? &entry : nullptr; };
  return check_golden(testing_support::golden_case_file(test), lookup).at(0);
}

TEST(BrokenModels, EveryDefectOfAConductanceNetworkIsCaught) {
  const auto check = [](Defect defect) {
    return outcome_of<ConductanceCopy>("conductance", "conductance_presynaptic_dale", defect);
  };
  EXPECT_EQ(check(Defect::none).kind, GoldenOutcome::Kind::passed) << check(Defect::none).verdict;
  for (const auto defect :
       {Defect::sign_of_the_update, Defect::sign_of_the_input, Defect::axis_of_A, Defect::signed_input_of_the_gate}) {
    EXPECT_EQ(check(defect).kind, GoldenOutcome::Kind::failed) << static_cast<int>(defect);
  }
}

TEST(BrokenModels, PlasticityInTheWrongOrderIsCaught) {
  for (const std::string test : {"stp", "stp_dale"}) {
    EXPECT_EQ(outcome_of<StpCopy>("stp", test, Defect::none).kind, GoldenOutcome::Kind::passed);
    EXPECT_EQ(outcome_of<StpCopy>("stp", test, Defect::x_before_u).kind, GoldenOutcome::Kind::failed);
  }
}

}  // namespace
}  // namespace evobrnn
