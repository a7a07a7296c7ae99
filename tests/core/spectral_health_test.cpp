// SPDX-License-Identifier: Apache-2.0
#include "core/examination/spectral_health.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/random.hpp"

namespace evobrnn {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Key;

constexpr std::int64_t kInputs = 2;

Network make_network(const std::string& model, std::int64_t n) {
  ModelSettings settings;
  settings.name = model;
  settings.n = n;
  settings.dale = false;
  settings.a_kind = "constant";
  return {settings, {kInputs, 3, at::kDouble, at::kCPU, 1}};
}

at::Tensor some_input(std::int64_t steps = 4, std::int64_t batch = 3) {
  return at::rand({steps, batch, kInputs}, make_generator(2), at::TensorOptions().dtype(at::kDouble));
}

void set(const Network& network, const std::string& parameter, const at::Tensor& values) {
  at::NoGradGuard no_grad;
  network.parameters().at(parameter).copy_(values);
}

/// The health of a network of constant gates with these recurrent weights.
SpectralHealth health_of(const at::Tensor& W) {
  const auto network = make_network("leaky", W.size(0));
  set(network, "W", W);
  return examine_spectrum(network, some_input(), {});
}

/// [n, n] normal with standard deviation g/√n, for which the spectrum fills a disc of radius g.
at::Tensor random_weights(std::int64_t n, double g) {
  return g / std::sqrt(static_cast<double>(n)) *
         at::randn({n, n}, make_generator(3), at::TensorOptions().dtype(at::kDouble));
}

TEST(SpectralHealth, AScaledIdentityPassesAllDirectionsOnAlike) {
  const auto health = health_of(-0.7 * at::eye(10, at::kDouble));
  EXPECT_NEAR(health.spectral_radius, 0.7, 1e-12);
  EXPECT_NEAR(health.spectral_entropy, 1, 1e-12);
  EXPECT_NEAR(health.outlier_eigenvalue, 1, 1e-12);
}

TEST(SpectralHealth, RankOneHasNoEntropyAndOneEigenvalue) {
  const auto u = at::arange(1, 7, at::kDouble), v = at::linspace(-1, 2, 6, at::kDouble);
  const auto health = health_of(at::outer(u, v));
  EXPECT_NEAR(health.spectral_radius, at::dot(u, v).abs().item<double>(), 1e-9);
  EXPECT_NEAR(health.spectral_entropy, 0, 1e-9);
}

TEST(SpectralHealth, TheRadiusOfARotationIsItsModulus) {
  const auto turn = at::tensor({0.6, -0.8, 0.8, 0.6}, at::kDouble).view({2, 2});
  EXPECT_NEAR(health_of(1.5 * turn).spectral_radius, 1.5, 1e-12);
}

/// Singular values of a random matrix follow the quarter circle √(4 − s²)/π on [0, 2] (Marchenko & Pastur, 1967), with
/// a mean of 8/(3π) and E[s ln s]/E[s] = 2 ln 2 − 4/3.
TEST(SpectralHealth, ARandomMatrixHasTheRadiusAndTheEntropyOfTheory) {
  constexpr std::int64_t kUnits = 400;
  const auto health = health_of(random_weights(kUnits, 1.3));
  EXPECT_NEAR(health.spectral_radius, 1.3, 0.1);
  EXPECT_NEAR(health.outlier_eigenvalue, 1, 0.1);
  const double mean = 8 / (3 * std::acos(-1));
  EXPECT_NEAR(health.spectral_entropy, 1 - (2 * std::log(2) - 4.0 / 3 - std::log(mean)) / std::log(kUnits), 0.002);
}

TEST(SpectralHealth, UnbalancedExcitationMakesAnOutlier) {
  constexpr std::int64_t kUnits = 400;
  const auto health = health_of(random_weights(kUnits, 0.5) + 2.0 / kUnits);  // each row sums to 2 in the mean
  EXPECT_NEAR(health.spectral_radius, 2, 0.2);
  EXPECT_NEAR(health.outlier_eigenvalue, 4, 0.4);
}

TEST(SpectralHealth, WeightsWithoutVarianceHaveNoOutlier) {
  const auto health = health_of(at::full({8, 8}, 0.5, at::kDouble));
  EXPECT_NEAR(health.spectral_radius, 4, 1e-9);
  EXPECT_EQ(health.outlier_eigenvalue, 0);
}

TEST(SpectralHealth, OneUnitHasTheEntropyOne) {
  const auto health = health_of(at::full({1, 1}, -0.3, at::kDouble));
  EXPECT_NEAR(health.spectral_radius, 0.3, 1e-12);
  EXPECT_EQ(health.spectral_entropy, 1);
  EXPECT_EQ(health.outlier_eigenvalue, 0);
}

/// Gates that see nothing but their bias: as many as `biases` has values.
double saturated_gates(const std::vector<double>& biases, const PassOptions& options = {}) {
  const auto network = make_network("conductance", static_cast<std::int64_t>(biases.size()));
  set(network, "W", at::zeros({}));
  set(network, "P", at::zeros({}));
  set(network, "g", at::tensor(biases, at::kDouble));
  return examine_spectrum(network, some_input(), options).saturated_gates;
}

TEST(SpectralHealth, GatesAreSaturatedNearEitherEndOfTheirRange) {
  const auto bias = [](double share) { return std::log(share / (1 - share)); };
  EXPECT_EQ(saturated_gates({0, 1, -1}), 0);
  EXPECT_EQ(saturated_gates({50, -50}), 1);
  EXPECT_EQ(saturated_gates({bias(0.04), bias(0.06), bias(0.94), bias(0.96)}), 0.5);
}

/// The input opens the gates of the first sequence all the time, of the others never: beyond its end it has none.
TEST(SpectralHealth, GatesBeyondTheEndOfASequenceDoNotCount) {
  const auto network = make_network("conductance", 3);
  set(network, "W", at::zeros({}));
  set(network, "P", at::ones({}));
  set(network, "g", at::zeros({}));
  auto x = at::zeros({4, 2, kInputs}, at::kDouble);
  x.narrow(0, 0, 1).fill_(50);
  PassOptions options;
  EXPECT_EQ(examine_spectrum(network, x, options).saturated_gates, 0.25);
  options.lengths = at::tensor({1, 4}, at::kLong);
  EXPECT_EQ(examine_spectrum(network, x, options).saturated_gates, 2.0 / 5);
}

TEST(SpectralHealth, OfConstantGatesNoneIsSaid) {
  const auto health = health_of(at::eye(4, at::kDouble));
  EXPECT_TRUE(std::isnan(health.saturated_gates));
  EXPECT_THAT(
      to_metrics(health, "initial_"),
      ElementsAre(Key("initial_outlier_eigenvalue"), Key("initial_spectral_entropy"), Key("initial_spectral_radius")));
}

TEST(SpectralHealth, WhatIsNotANumberIsNoMetric) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(to_metrics({nan, infinity, 0.5, -infinity}, ""), ElementsAre(std::pair("spectral_entropy", 0.5)));
  EXPECT_TRUE(to_metrics(health_of(at::full({3, 3}, nan, at::kDouble)), "").empty());
  EXPECT_THAT(to_metrics(health_of(at::zeros({3, 3}, at::kDouble)), ""),
              ElementsAre(std::pair("outlier_eigenvalue", 0.0), std::pair("spectral_radius", 0.0)))
      << "weights that are all zero have no directions";
}

std::map<std::string, double> metrics_of_trial(const std::string& model) {
  TrialSpec spec;
  spec.settings.model.name = model;
  spec.settings.model.n = 12;
  spec.settings.task.train_samples = spec.settings.task.validation_samples = spec.settings.task.test_samples = 40;
  const auto result = run_trial(spec);
  EXPECT_EQ(result.status, TrialStatus::ok) << result.cause;
  return result.metrics;
}

TEST(SpectralHealth, ATrialSaysItBeforeAndAfterTraining) {
  auto metrics = metrics_of_trial("conductance");
  for (const std::string name : {"spectral_radius", "outlier_eigenvalue", "spectral_entropy", "saturated_gates"}) {
    EXPECT_EQ(metrics.count(name), 1U) << name;
    EXPECT_EQ(metrics.count("initial_" + name), 1U) << name;
  }
  EXPECT_NE(metrics["spectral_radius"], metrics["initial_spectral_radius"]);
  metrics = metrics_of_trial("leaky");
  EXPECT_THAT(metrics,
              IsSupersetOf({Key(std::string("spectral_radius")), Key(std::string("initial_spectral_radius"))}));
  EXPECT_EQ(metrics.count("saturated_gates") + metrics.count("initial_saturated_gates"), 0U);
}

}  // namespace
}  // namespace evobrnn
