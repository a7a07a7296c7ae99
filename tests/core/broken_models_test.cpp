// SPDX-License-Identifier: Apache-2.0
/// Copies of models with one deliberate defect each: the worked cases, and the conformance kit with the property that
/// each breaks, must catch every one, and pass the copies without a defect.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "core/conformance.hpp"
#include "core/golden.hpp"
#include "core/models/leaky.hpp"
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

enum class Mistake {
  none,
  detached_factor,
  state_not_carried,
  rows_mixed,
  own_state_not_carried,
  not_projected,
  noise_from_elsewhere,
  weights_from_elsewhere,
  noise_left_out,
  rates_out_of_range,
  float64_only,
  kernel_of_another_equation,
  cost_of_nothing
};

/// A leaky network with adaptation, r ← (1 − z) r + z φ(W r + P x + b − 0.3 a), a ← 0.9 a + 0.1 r.
class LeakyCopy final : public Model {
 public:
  LeakyCopy(const ModelContext& context, Mistake mistake)
      : Model(context, mistake == Mistake::not_projected), mistake_(mistake) {
    if (mistake == Mistake::not_projected) {  // an own W, which Model::project() does not know
      V = add_synapses(initial_.add_recurrent("V", initial_.recurrent()));
      P = add_synapses(initial_.add_input("P", initial_.input(settings_.gain)));
      b = initial_.add_uniform("b", {n_});
    } else {
      V = W;
    }
    if (mistake == Mistake::weights_from_elsewhere) {
      const at::NoGradGuard no_grad;
      b.copy_(at::rand_like(b));
    }
  }

  State initial_state(std::int64_t batch) const override {
    auto state = Model::initial_state(batch);
    state.own = {at::zeros_like(state.r)};
    return state;
  }

  at::Tensor recurrent_weights() const override { return V; }
  double time_step() const override { return settings_.z; }

  std::optional<RateEquation> rate_equation() const override {
    if (mistake_ != Mistake::kernel_of_another_equation) return std::nullopt;
    auto equation = candidate_equation();  // that of a leaky network: without the adaptation
    equation.quantities.z = initial_.fixed(settings_.z).expand({n_});
    return equation;
  }

  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override {
    const auto drive = input_drive(x, mistake_ == Mistake::noise_left_out ? at::Tensor() : noise);
    const double z = settings_.z;
    const auto remembered = std::make_shared<at::Tensor>();  // between the steps of one pass
    return [=, this](const State& before, std::int64_t t) {
      auto r = before.r, a = before.own.at(0);
      if (mistake_ == Mistake::state_not_carried && t > 0) r = *remembered;
      if (mistake_ == Mistake::own_state_not_carried && t == 0) a = at::zeros_like(a);
      if (mistake_ == Mistake::rows_mixed) r = r - 0.01 * r.mean(0, true);
      auto current = at::mm(r, V.t());
      if (mistake_ == Mistake::detached_factor) current = at::mm(r.detach(), V.t());
      if (mistake_ == Mistake::noise_from_elsewhere) current = current + 0.01 * at::randn_like(current);
      if (mistake_ == Mistake::float64_only) current = current.to(at::kDouble);
      auto next = (1 - z) * before.r + z * activation(drive[t] + current - 0.3 * a);
      if (mistake_ == Mistake::rates_out_of_range) next = next * 1.5;
      *remembered = next;
      return State{next, at::full_like(r, z), {}, {}, {0.9 * a + 0.1 * r}};
    };
  }

  static ProductCount products(const ModelSettings& settings, std::int64_t n_in) {
    return Leaky::products(settings, n_in);
  }

 private:
  const Mistake mistake_;
  at::Tensor V;
};

std::vector<conformance::Check> checks_of(Mistake mistake) {
  auto entry = find_model("leaky");
  entry.about.name = "leaky_copy";
  entry.about.kernel = mistake == Mistake::kernel_of_another_equation;
  entry.make = [mistake](const ModelContext& context) { return std::make_unique<LeakyCopy>(context, mistake); };
  if (mistake == Mistake::cost_of_nothing)
    entry.products = [](const ModelSettings&, std::int64_t) { return ProductCount{}; };
  return conformance::model_checks(entry);
}

/// Whether the property of the kit finds something wrong with a copy that has this mistake.
bool catches(const std::string& property, Mistake mistake) {
  for (const auto& check : checks_of(mistake)) {
    if (check.property == property && !conformance::findings_of(check).empty()) return true;
  }
  return false;
}

TEST(BrokenModels, TheConformanceKitPassesTheCopyWithoutAMistake) {
  for (const auto& finding : conformance::findings_of(checks_of(Mistake::none))) ADD_FAILURE() << to_text(finding);
}

TEST(BrokenModels, EveryMistakeIsCaughtByThePropertyThatItBreaks) {
  const std::vector<std::pair<Mistake, std::string>> caught = {
      {Mistake::detached_factor, "GradientsEqualCentralDifferences"},
      {Mistake::state_not_carried, "AResetStartsTheSequenceAnew"},
      {Mistake::rows_mixed, "BatchRowsAreIndependent"},
      {Mistake::own_state_not_carried, "ARunInTwoPiecesEqualsTheWhole"},
      {Mistake::not_projected, "DaleAndMissingSynapsesHoldAfterTraining"},
      {Mistake::noise_from_elsewhere, "NoiseComesFromItsGeneratorAlone"},
      {Mistake::weights_from_elsewhere, "TheSeedAloneDecidesTheWeights"},
      {Mistake::noise_left_out, "NoiseComesFromItsGeneratorAlone"},
      {Mistake::rates_out_of_range, "RatesGatesAndResourcesStayInTheirRanges"},
      {Mistake::float64_only, "Float32AgreesWithFloat64"},
      {Mistake::kernel_of_another_equation, "BothPathsGiveTheSame"},
      {Mistake::cost_of_nothing, "ItsCostIsCounted"},
  };
  for (const auto& [mistake, property] : caught)
    EXPECT_TRUE(catches(property, mistake)) << property << " did not catch it";
}

/// r ← φ(k (W r + P x + b)), without a gate, so that no share z of r is replaced; k is a setting of its own, and the
/// gradient is off by a share `wrong` of it.
class SteepCopy final : public Model {
 public:
  SteepCopy(const ModelContext& context, double wrong)
      : Model(context), k_(own_setting<double>(context.settings, "model.steepness")), wrong_(wrong) {}

  Step unroll(const at::Tensor& x, const at::Tensor& noise) const override {
    const auto drive = input_drive(x, noise);
    return [=, this](const State& before, std::int64_t t) {
      const auto input = k_ * (drive[t] + at::mm(before.r, W.t()));
      return State{activation(input + wrong_ * (input - input.detach())), {}, {}, {}};
    };
  }

 private:
  const double k_, wrong_;
};

std::vector<conformance::Check> steep_checks(double steepest, double wrong) {
  auto entry = find_model("leaky");
  entry.about.name = "steep_copy";
  entry.about.kernel = false;
  entry.about.settings = {"model.activation", "model.dale"};
  Setting steepness;
  steepness.path = "model.steepness";
  steepness.fallback = 1.0;
  steepness.low = 1;
  steepness.high = steepest;
  steepness.doc = "k.";
  entry.about.own = {steepness};
  entry.make = [wrong](const ModelContext& context) { return std::make_unique<SteepCopy>(context, wrong); };
  return conformance::model_checks(entry);
}

std::vector<conformance::Finding> gradient_findings(double steepest, double wrong) {
  std::vector<conformance::Finding> all;
  for (const auto& check : steep_checks(steepest, wrong)) {
    if (!check.property.starts_with("Gradients")) continue;
    const auto findings = conformance::findings_of(check);
    all.insert(all.end(), findings.begin(), findings.end());
  }
  return all;
}

TEST(BrokenModels, AModelWithoutAGateConforms) {
  for (const auto& group : conformance::grouped(conformance::findings_of(steep_checks(2, 0))))
    ADD_FAILURE() << to_text(group);
}

TEST(BrokenModels, RightGradientsOfASteepModelPassAndWrongOnesDoNot) {
  for (const double steepest : {1e2, 1e3}) {
    for (const auto& group : conformance::grouped(gradient_findings(steepest, 0)))
      ADD_FAILURE() << steepest << ": " << to_text(group);
  }
  std::set<std::string> variants;
  for (const auto& finding : gradient_findings(1e2, 1e-4)) variants.insert(finding.variant);
  EXPECT_TRUE(variants.contains("steep_copy_steepness_highest")) << "one part in ten thousand, where it is steep";
  EXPECT_TRUE(variants.contains("steep_copy_steepness_lowest")) << "and where it is not";
}

}  // namespace
}  // namespace evobrnn
