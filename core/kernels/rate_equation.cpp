// SPDX-License-Identifier: Apache-2.0
#include "core/kernels/rate_equation.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <memory>
#include <vector>

#include "core/kernels/workspace.hpp"

namespace evobrnn {
namespace {

using kernels::Quantities;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The members in an order of their own; Of is a tensor or a pointer.
template <class Of>
constexpr std::array kMembers = {&Quantities<Of>::W,   &Quantities<Of>::P,   &Quantities<Of>::b, &Quantities<Of>::z,
                                 &Quantities<Of>::G,   &Quantities<Of>::Q,   &Quantities<Of>::g, &Quantities<Of>::dt,
                                 &Quantities<Of>::A_E, &Quantities<Of>::A_I, &Quantities<Of>::U, &Quantities<Of>::z_u,
                                 &Quantities<Of>::z_x};

/// A pass between its two directions. Tensors are contiguous.
struct Pass : torch::CustomClassHolder {
  kernels::Form form;
  std::vector<std::size_t> present;  ///< the members that the form has: autograd knows no undefined tensors
  SequenceInput input;
  bool keep = false, A_trained = false;
  std::unique_ptr<kernels::Workspace> workspace;
};

template <class T>
const T* pointer(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.data_ptr<T>() : nullptr;
}

std::size_t extent(const at::Tensor& tensor, std::int64_t dimension) {
  return static_cast<std::size_t>(tensor.size(dimension));
}

/// `values`: those that are present.
template <class T>
kernels::Sequence<T> sequence_of(const Pass& pass, at::TensorList values) {
  kernels::Sequence<T> sequence;
  sequence.form = pass.form;
  sequence.steps = extent(pass.input.x, 0);
  sequence.batch = extent(pass.input.x, 1);
  sequence.n_in = extent(pass.input.x, 2);
  sequence.n = extent(values[0], 0);
  for (std::size_t i = 0; i < values.size(); ++i)
    sequence.values.*kMembers<const T*>[pass.present[i]] = values[i].data_ptr<T>();
  sequence.x = pointer<T>(pass.input.x);
  sequence.noise = pointer<T>(pass.input.noise);
  sequence.reset = pointer<std::int64_t>(pass.input.reset);
  sequence.keep = pass.keep;
  sequence.A_trained = pass.A_trained;
  return sequence;
}

template <class T>
variable_list forward(Pass& pass, at::TensorList values, bool all) {
  const auto sequence = sequence_of<T>(pass, values);
  pass.workspace = std::make_unique<kernels::Workspace>(kernels::workspace_bytes(sequence));
  const auto& x = pass.input.x;
  const auto n = values[0].size(0);
  variable_list rates = {at::empty({x.size(1), n}, x.options())};
  if (all) rates.push_back(at::empty({x.size(0), x.size(1), n}, x.options()));
  kernels::forward<T>(sequence, pass.workspace->data(),
                      {rates[0].data_ptr<T>(), all ? rates[1].data_ptr<T>() : nullptr});
  return rates;
}

template <class T>
variable_list backward(const Pass& pass, const variable_list& values, const variable_list& of_rates) {
  variable_list gradients;
  Quantities<T*> pointers;
  for (std::size_t i = 0; i < values.size(); ++i) {
    gradients.push_back(at::empty_like(values[i]));
    pointers.*kMembers<T*>[pass.present[i]] = gradients[i].data_ptr<T>();
  }
  const auto last = of_rates[0].defined() ? of_rates[0].contiguous() : at::Tensor();
  const auto all = of_rates.size() > 1 && of_rates[1].defined() ? of_rates[1].contiguous() : at::Tensor();
  kernels::backward<T>(sequence_of<T>(pass, values), pass.workspace->data(), {pointer<T>(last), pointer<T>(all)},
                       pointers);
  return gradients;
}

variable_list forward(Pass& pass, at::TensorList values, bool all) {
  return pass.input.x.scalar_type() == at::kDouble ? forward<double>(pass, values, all)
                                                   : forward<float>(pass, values, all);
}

struct RateFunction : torch::autograd::Function<RateFunction> {
  static variable_list forward(AutogradContext* context, at::TensorList values, const c10::intrusive_ptr<Pass>& pass,
                               bool all) {
    context->save_for_backward(values.vec());
    context->set_materialize_grads(false);
    context->saved_data["pass"] = c10::IValue::make_capsule(pass);
    return evobrnn::forward(*pass, values, all);
  }

  static variable_list backward(AutogradContext* context, const variable_list& of_rates) {
    const auto values = context->get_saved_variables();
    const auto pass = c10::static_intrusive_pointer_cast<Pass>(context->saved_data["pass"].toCapsule());
    auto gradients = values[0].scalar_type() == at::kDouble ? evobrnn::backward<double>(*pass, values, of_rates)
                                                            : evobrnn::backward<float>(*pass, values, of_rates);
    gradients.resize(gradients.size() + 2);  // none for the pass and the flag
    return gradients;
  }
};

bool needs_gradient(const at::Tensor& tensor) { return tensor.defined() && tensor.requires_grad(); }

at::Tensor contiguous(const at::Tensor& tensor) { return tensor.defined() ? tensor.contiguous() : tensor; }

}  // namespace

SequenceRates run_sequence(const RateEquation& equation, const SequenceInput& input, bool all) {
  const auto& quantities = equation.quantities;
  const auto pass = c10::make_intrusive<Pass>();
  pass->form = equation.form;
  pass->input = {input.x.contiguous(), contiguous(input.noise), contiguous(input.reset)};
  variable_list values;
  for (std::size_t i = 0; i < kMembers<at::Tensor>.size(); ++i) {
    const auto& value = quantities.*kMembers<at::Tensor>[i];
    if (!value.defined()) continue;
    values.push_back(value.contiguous());
    pass->present.push_back(i);
    pass->keep = pass->keep || needs_gradient(value);
  }
  pass->keep = pass->keep && at::GradMode::is_enabled();
  pass->A_trained = needs_gradient(quantities.A_E) || needs_gradient(quantities.A_I);
  const auto rates = pass->keep ? RateFunction::apply(at::TensorList(values), pass, all) : forward(*pass, values, all);
  return {rates[0], all ? rates[1] : at::Tensor()};
}

}  // namespace evobrnn
