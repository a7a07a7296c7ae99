// SPDX-License-Identifier: Apache-2.0
#include "core/learning/fused_loss.hpp"

#include <ATen/ATen.h>

#include <array>

#include "core/kernels/readout.hpp"
#include "core/reuse.hpp"

namespace evobrnn {
namespace {

template <class T>
double loss_and_gradients(const Network& network, const Batch& batch, const at::Tensor& rates, at::Tensor& of_rates,
                          at::Tensor& outputs) {
  const auto& [weight, bias] = network.readout();
  const auto size = [](std::int64_t extent) { return static_cast<std::size_t>(extent); };
  kernels::Readout<T> readout;
  readout.n = size(rates.size(-1));
  readout.rows = size(rates.numel()) / readout.n;
  readout.n_out = size(weight.size(0));
  readout.read = size(weight.size(1));
  readout.rates = rates.data_ptr<T>();
  readout.V = weight.template data_ptr<T>();
  readout.v = bias.template data_ptr<T>();
  kernels::Targets<T> targets;
  if (batch.y.scalar_type() == at::kLong) targets.classes = batch.y.data_ptr<std::int64_t>();
  else targets.values = batch.y.data_ptr<T>();
  if (batch.mask.defined()) targets.weights = batch.mask.data_ptr<T>();
  return kernels::readout_loss<T>(
      readout, targets, outputs.data_ptr<T>(),
      {of_rates.data_ptr<T>(), weight.grad().template data_ptr<T>(), bias.grad().template data_ptr<T>()});
}

}  // namespace

std::optional<double> FusedLoss::operator()(const Batch& batch, const PassOptions& options) {
  // What is read after the last step of each sequence is gathered by Network::run().
  const bool every_step = options.every_step;
  if (!every_step && (options.lengths.defined() || options.reset.defined())) return std::nullopt;
  const auto given = network_.fast_pass(batch.x, options);
  if (!given) return std::nullopt;
  const auto& [equation, input] = *given;
  const auto& x = batch.x;
  const auto n = equation.quantities.W.size(0);
  auto& rates = every_step ? rates_.all : rates_.last;
  auto& of_rates = every_step ? of_rates_.all : of_rates_.last;
  const std::array<std::int64_t, 3> shape{x.size(0), x.size(1), n};
  for (auto* tensor : {&rates, &of_rates})
    reuse(*tensor, at::IntArrayRef(shape).slice(every_step ? 0 : 1), x.scalar_type());
  constexpr std::int64_t kPadding = 64;
  reuse(outputs_, {(network_.readout().weight.size(0) + kPadding - 1) / kPadding * kPadding}, x.scalar_type());

  SequencePass pass(equation, input);
  pass.forward(rates_, true);
  const double loss = x.scalar_type() == at::kDouble
                          ? loss_and_gradients<double>(network_, batch, rates, of_rates, outputs_)
                          : loss_and_gradients<float>(network_, batch, rates, of_rates, outputs_);
  pass.backward_to_parameters(of_rates_);
  return loss;
}

}  // namespace evobrnn
