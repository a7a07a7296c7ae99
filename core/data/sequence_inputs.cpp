// SPDX-License-Identifier: Apache-2.0
#include "core/data/sequence_inputs.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "core/trial.hpp"

namespace evobrnn {
namespace {

at::Tensor checked_lengths(const std::string& file, const at::Tensor& given, std::int64_t samples, std::int64_t steps) {
  if (!at::isIntegralType(given.scalar_type(), true) || given.dim() != 1 || given.size(0) != samples)
    throw DataError(
        fmt::format("{}: lengths is {}, and must be {} whole numbers, one a sample", file, shape_text(given), samples));
  const auto lengths = given.to(at::kLong);
  const auto bad = lengths.lt(1).logical_or(lengths.gt(steps)).nonzero();
  if (bad.size(0) > 0) {
    const auto sample = bad[0][0].item<std::int64_t>();
    throw DataError(fmt::format("{}: lengths[{}] = {}: must be from 1 to {}, the steps of x", file, sample,
                                lengths[sample].item<std::int64_t>(), steps));
  }
  return lengths.eq(steps).all().item<bool>() ? at::Tensor() : lengths;
}

}  // namespace

at::Tensor inside(const at::Tensor& lengths, std::int64_t steps) {
  return at::arange(steps, at::kLong).unsqueeze(0) < lengths.unsqueeze(1);
}

void check_filling(std::int64_t given, std::int64_t samples, std::int64_t longest, std::int64_t features) {
  constexpr double kMostTimes = 64, kAlways = 1 << 20;  // values
  const auto filled = static_cast<double>(samples) * static_cast<double>(longest) * static_cast<double>(features);
  if (filled > kAlways + kMostTimes * static_cast<double>(given)) {
    throw DataError(fmt::format(
        "its longest sequence has {} steps, so that {} values become {:.3g} when all are filled up to it; cut or leave "
        "out the longest",
        longest, given, filled));
  }
}

std::string shape_text(const at::Tensor& tensor) { return fmt::format("[{}]", fmt::join(tensor.sizes().vec(), ", ")); }

SequenceInputs check_inputs(const std::string& file, const at::Tensor& x, const at::Tensor& lengths) {
  if (x.dim() != 3)
    throw DataError(fmt::format("{}: x is {}, and must be [samples, steps, features]", file, shape_text(x)));
  if (x.numel() == 0) throw DataError(fmt::format("{}: x is {}: it holds nothing", file, shape_text(x)));
  SequenceInputs inputs{x.scalar_type() == at::kDouble ? x : x.to(at::kFloat), {}};
  if (lengths.defined()) inputs.lengths = checked_lengths(file, lengths, x.size(0), x.size(1));
  if (inputs.lengths.defined())
    inputs.x = at::where(inside(inputs.lengths, x.size(1)).unsqueeze(2), inputs.x, at::zeros({}, inputs.x.options()));
  const auto bad = inputs.x.isfinite().logical_not();
  if (!bad.any().item<bool>()) return inputs;
  const auto place = bad.nonzero()[0];
  const auto at = [&place](std::int64_t axis) { return place[axis].item<std::int64_t>(); };
  const auto value = x[at(0)][at(1)][at(2)].item<double>();
  throw DataError(fmt::format("{}: x[{}, {}, {}] is NaN or infinite{} (sample, step, feature)", file, at(0), at(1),
                              at(2), std::isfinite(value) ? " in 32 bits" : ""));
}

}  // namespace evobrnn
