// SPDX-License-Identifier: Apache-2.0
#include "core/models/dale.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace evobrnn {

std::int64_t excitatory_units(double ei_ratio, std::int64_t n) {
  const auto rounded = static_cast<std::int64_t>(std::floor(ei_ratio * static_cast<double>(n) + 0.5));
  return std::clamp<std::int64_t>(rounded, 1, n - 1);
}

namespace {

/// In place, without temporaries: it runs after every optimiser step.
template <class T>
void project_on_cpu(const Dale& dale, at::Tensor& W) {
  T* row = W.data_ptr<T>();
  for (std::int64_t i = 0; i < W.size(0); ++i, row += dale.n) {
    for (std::int64_t j = 0; j < dale.n_excitatory; ++j) row[j] = dale.relu ? std::max(row[j], T(0)) : std::abs(row[j]);
    for (std::int64_t j = dale.n_excitatory; j < dale.n; ++j)
      row[j] = dale.relu ? std::min(row[j], T(0)) : -std::abs(row[j]);
  }
}

}  // namespace

Dale::Dale(const ModelSettings& settings, at::TensorOptions options)
    : on(settings.dale),
      relu(settings.dale_projection == "relu"),
      n(settings.n),
      n_excitatory(on ? excitatory_units(settings.ei_ratio, settings.n) : settings.n),
      s(at::ones({n}, options)),
      read_(settings.readout == "all" || settings.as_coded ? n : n_excitatory) {
  s.narrow(0, n_excitatory, n - n_excitatory).fill_(-1);
}

at::Tensor Dale::magnitude(const at::Tensor& W) const { return on ? s * W : W.abs(); }

void Dale::project(at::Tensor& W) const {
  if (!on) return;
  at::NoGradGuard no_grad;
  if (W.is_cpu() && W.is_contiguous()) {
    if (W.scalar_type() == at::kDouble) return project_on_cpu<double>(*this, W);
    if (W.scalar_type() == at::kFloat) return project_on_cpu<float>(*this, W);
  }
  W.copy_(relu ? s * (s * W).clamp_min(0) : s * W.abs());
}

}  // namespace evobrnn
