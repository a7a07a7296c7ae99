// SPDX-License-Identifier: Apache-2.0
#include "core/kernels/rate_equation.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <vector>

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

template <class T>
T* pointer(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.data_ptr<T>() : nullptr;
}

/// Of is T* or const T*.
template <class T, class Of>
Quantities<Of> pointers(const Quantities<at::Tensor>& tensors) {
  Quantities<Of> all;
  for (std::size_t i = 0; i < kMembers<Of>.size(); ++i)
    all.*kMembers<Of>[i] = pointer<T>(tensors.*kMembers<at::Tensor>[i]);
  return all;
}

std::size_t extent(const at::Tensor& tensor, std::int64_t dimension) {
  return static_cast<std::size_t>(tensor.size(dimension));
}

bool needs_gradient(const at::Tensor& tensor) { return tensor.defined() && tensor.requires_grad(); }

template <class T>
kernels::Sequence<T> sequence_of(const RateEquation& equation, const SequenceInput& input, bool keep) {
  const auto& quantities = equation.quantities;
  kernels::Sequence<T> sequence;
  sequence.form = equation.form;
  sequence.steps = extent(input.x, 0);
  sequence.batch = extent(input.x, 1);
  sequence.n_in = extent(input.x, 2);
  sequence.n = extent(quantities.W, 0);
  sequence.values = pointers<T, const T*>(quantities);
  sequence.x = pointer<T>(input.x);
  sequence.noise = pointer<T>(input.noise);
  sequence.reset = pointer<std::int64_t>(input.reset);
  sequence.keep = keep;
  sequence.A_trained = needs_gradient(quantities.A_E) || needs_gradient(quantities.A_I);
  return sequence;
}

template <class Call>
void with_type_of(const at::Tensor& x, Call call) {
  if (x.scalar_type() == at::kDouble) call(double());
  else call(float());
}

at::Tensor contiguous(const at::Tensor& tensor) { return tensor.defined() ? tensor.contiguous() : tensor; }

/// A pass as a node of autograd's graph, which knows no undefined tensors.
struct RateFunction : torch::autograd::Function<RateFunction> {
  struct Node : torch::CustomClassHolder {
    Node(const RateEquation& equation, const SequenceInput& input) : pass(equation, input) {}
    SequencePass pass;
    std::vector<at::Tensor Quantities<at::Tensor>::*> present;  ///< the members that the form has
  };

  /// `values`: the quantities that are present.
  static variable_list forward(AutogradContext* context, at::TensorList /*values*/,
                               const c10::intrusive_ptr<Node>& node, const SequenceRates& rates) {
    context->set_materialize_grads(false);
    context->saved_data["node"] = c10::IValue::make_capsule(node);
    node->pass.forward(rates, true);
    return rates.all.defined() ? variable_list{rates.last, rates.all} : variable_list{rates.last};
  }

  static variable_list backward(AutogradContext* context, const variable_list& of_rates) {
    const auto node = c10::static_intrusive_pointer_cast<Node>(context->saved_data["node"].toCapsule());
    Quantities<at::Tensor> gradients;
    variable_list list;
    for (const auto member : node->present) {
      gradients.*member = at::empty_like(node->pass.equation().quantities.*member);
      list.push_back(gradients.*member);
    }
    node->pass.backward({of_rates[0], of_rates.size() > 1 ? of_rates[1] : at::Tensor()}, gradients);
    list.resize(list.size() + 2);  // none for the node and the rates
    return list;
  }
};

}  // namespace

SequencePass::SequencePass(const RateEquation& equation, const SequenceInput& input)
    : equation_{equation.form, {}}, input_{input.x.contiguous(), contiguous(input.noise), contiguous(input.reset)} {
  for (const auto member : kMembers<at::Tensor>) equation_.quantities.*member = contiguous(equation.quantities.*member);
}

std::size_t SequencePass::workspace_bytes(const SequenceProblem& problem, bool keep) {
  std::size_t bytes = 0;
  with_type_of(problem.input.x, [&](auto type) {
    bytes = kernels::workspace_bytes(sequence_of<decltype(type)>(problem.equation, problem.input, keep));
  });
  return bytes;
}

void SequencePass::forward(const SequenceRates& rates, bool keep) {
  keep_ = keep;
  with_type_of(input_.x, [&](auto type) {
    using T = decltype(type);
    const auto sequence = sequence_of<T>(equation_, input_, keep);
    workspace_.emplace(kernels::workspace_bytes(sequence));
    kernels::forward<T>(sequence, workspace_->data(), {pointer<T>(rates.last), pointer<T>(rates.all)});
  });
}

void SequencePass::backward(const SequenceRates& of_rates, const Quantities<at::Tensor>& gradients) const {
  const SequenceRates given{contiguous(of_rates.last), contiguous(of_rates.all)};
  with_type_of(input_.x, [&](auto type) {
    using T = decltype(type);
    kernels::backward<T>(sequence_of<T>(equation_, input_, keep_), workspace_->data(),
                         {pointer<T>(given.last), pointer<T>(given.all)}, pointers<T, T*>(gradients));
  });
}

void SequencePass::backward_to_parameters(const SequenceRates& of_rates) const {
  Quantities<at::Tensor> gradients;
  variable_list computed, of_computed;
  for (const auto member : kMembers<at::Tensor>) {
    const auto& quantity = equation_.quantities.*member;
    if (!needs_gradient(quantity)) continue;
    if (quantity.is_leaf()) {
      gradients.*member = quantity.grad();  // zero, so that to write is to add
      continue;
    }
    gradients.*member = at::empty_like(quantity);
    computed.push_back(quantity);
    of_computed.push_back(gradients.*member);
  }
  backward(of_rates, gradients);
  if (!computed.empty()) torch::autograd::backward(computed, of_computed);
}

SequenceRates run_sequence(const RateEquation& equation, const SequenceInput& input, bool all) {
  const auto& quantities = equation.quantities;
  const auto& x = input.x;
  const auto n = quantities.W.size(0);
  const SequenceRates rates{at::empty({x.size(1), n}, x.options()),
                            all ? at::empty({x.size(0), x.size(1), n}, x.options()) : at::Tensor()};
  const bool gradient = std::any_of(kMembers<at::Tensor>.begin(), kMembers<at::Tensor>.end(),
                                    [&](auto member) { return needs_gradient(quantities.*member); });
  if (!gradient || !at::GradMode::is_enabled()) {
    SequencePass(equation, input).forward(rates, false);
    return rates;
  }
  const auto node = c10::make_intrusive<RateFunction::Node>(equation, input);
  variable_list values;
  for (const auto member : kMembers<at::Tensor>) {
    const auto& value = node->pass.equation().quantities.*member;
    if (!value.defined()) continue;
    values.push_back(value);
    node->present.push_back(member);
  }
  const auto with_graph = RateFunction::apply(at::TensorList(values), node, rates);
  return {with_graph[0], all ? with_graph[1] : at::Tensor()};
}

}  // namespace evobrnn
