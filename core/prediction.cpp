// SPDX-License-Identifier: Apache-2.0
#include "core/prediction.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/io/safetensors.hpp"
#include "core/learning/trainer.hpp"
#include "core/models/network.hpp"

namespace evobrnn {
namespace {

/// Undefined where there is none of that name.
at::Tensor find(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const auto& [known, tensor] : tensors) {
    if (known == name) return tensor;
  }
  return {};
}

/// A matrix of the weights; undefined where it is none, or empty: its sizes are then no more than the file's bytes.
at::Tensor find_matrix(const std::vector<NamedTensor>& weights, const std::string& name) {
  const auto matrix = find(weights, name);
  return matrix.defined() && matrix.dim() == 2 && matrix.numel() > 0 ? matrix : at::Tensor();
}

std::int64_t outputs_of(const std::vector<NamedTensor>& weights) {
  const auto readout = find_matrix(weights, "readout_weight");
  if (!readout.defined()) throw DataError("the weights hold no matrix readout_weight");
  return readout.size(0);
}

std::int64_t inputs_of(const std::vector<NamedTensor>& weights) {
  for (const auto* name : {"P", "weight_ih_l0"}) {
    if (const auto from_input = find_matrix(weights, name); from_input.defined()) return from_input.size(1);
  }
  throw DataError("the weights hold no matrix of input weights");
}

void check_x(const at::Tensor& x, std::int64_t n_in) {
  if (!x.defined()) throw DataError("the inputs hold no x");
  if (x.dim() != 3 || !x.is_floating_point() || x.size(0) == 0 || x.size(1) == 0)
    throw DataError("x must be real numbers of the shape [steps, batch, n_in], at least one step and one sequence");
  if (x.size(2) != n_in) throw DataError(fmt::format("x has {} values a step; the network takes {}", x.size(2), n_in));
}

void check_lengths(const at::Tensor& lengths, const at::Tensor& x) {
  const bool fits =
      at::isIntegralType(lengths.scalar_type(), false) && lengths.dim() == 1 && lengths.size(0) == x.size(1);
  if (!fits || lengths.lt(1).any().item<bool>() || lengths.gt(x.size(0)).any().item<bool>())
    throw DataError("lengths must be one integer a sequence, from 1 to the steps of x");
}

}  // namespace

std::string predict(const TrialSpec& spec, const std::string& weights, const std::string& inputs) {
  const auto stored = read_safetensors(weights), given = read_safetensors(inputs);
  const auto n_in = inputs_of(stored);
  auto x = find(given, "x");
  check_x(x, n_in);
  PassOptions last, each;
  if (const auto lengths = find(given, "lengths"); lengths.defined()) {
    check_lengths(lengths, x);
    last.lengths = lengths.to(at::kLong);
  }
  each.every_step = each.keep_rates = true;

  const auto dtype = to_dtype(spec.settings.train.precision);
  Network network(spec.settings.model,
                  {n_in, outputs_of(stored), dtype, at::kCPU, spec.seed, to_path(spec.settings.core.path)});
  network.load(weights);
  x = x.to(dtype);
  const at::NoGradGuard no_grad;
  const auto steps = network.run(x, each);
  return write_safetensors({{"outputs", network.run(x, last).outputs.contiguous()},
                            {"outputs_every_step", steps.outputs.contiguous()},
                            {"rates", steps.rates.contiguous()}});
}

}  // namespace evobrnn
