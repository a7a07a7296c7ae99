// SPDX-License-Identifier: Apache-2.0
#include "core/examination/spectral_health.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

namespace evobrnn {
namespace {

constexpr double kSaturated = 0.05;  // nearer than this share to an end of the gate's range

double normalised_entropy(const at::Tensor& W) {
  if (W.size(0) == 1) return 1;
  const auto values = at::linalg_svdvals(W);
  const auto p = values / values.sum();
  const double entropy = -at::special_xlogy(p, p).sum().item<double>();
  return entropy / std::log(static_cast<double>(W.size(0)));
}

double saturated_share(const Network& network, const at::Tensor& x, PassOptions options) {
  const auto largest = network.model().largest_gate();
  if (!largest.defined()) return std::numeric_limits<double>::quiet_NaN();
  double saturated = 0, all = 0;
  std::int64_t t = 0;
  options.record = [&](const State& state) {
    auto share = state.z / largest;
    if (options.lengths.defined()) share = share.index({options.lengths.gt(t)});  // of the sequences that go on
    saturated += share.lt(kSaturated).logical_or(share.gt(1 - kSaturated)).sum().item<double>();
    all += static_cast<double>(share.numel());
    ++t;
  };
  network.run(x, options);
  return saturated / all;
}

}  // namespace

SpectralHealth examine_spectrum(const Network& network, const at::Tensor& x, const PassOptions& options) {
  at::NoGradGuard no_grad;
  const auto W = network.model().recurrent_weights().detach().to(at::kCPU, at::kDouble);
  SpectralHealth health;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (!W.isfinite().all().item<bool>()) return {nan, nan, nan, nan};
  health.spectral_radius = spectral_radius(W);
  const double disc = W.size(0) > 1 ? std::sqrt(W.var(0, true).sum().item<double>()) : 0;
  health.outlier_eigenvalue = disc > 0 ? health.spectral_radius / disc : 0;
  health.spectral_entropy = normalised_entropy(W);
  health.saturated_gates = saturated_share(network, x, options);
  return health;
}

std::map<std::string, double> to_metrics(const SpectralHealth& health, const std::string& prefix) {
  std::map<std::string, double> metrics = {{prefix + "spectral_radius", health.spectral_radius},
                                           {prefix + "outlier_eigenvalue", health.outlier_eigenvalue},
                                           {prefix + "spectral_entropy", health.spectral_entropy},
                                           {prefix + "saturated_gates", health.saturated_gates}};
  std::erase_if(metrics, [](const auto& metric) { return !std::isfinite(metric.second); });
  return metrics;
}

}  // namespace evobrnn
