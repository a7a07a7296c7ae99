// SPDX-License-Identifier: Apache-2.0
/// What every recurrent model is: parameters, and a step that reads as its equation.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/catalogue.hpp"
#include "core/kernels/rate_equation.hpp"
#include "core/models/dale.hpp"
#include "core/models/initial.hpp"
#include "core/models/parameters.hpp"
#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// The state after a time step. Tensors that a model does not have stay undefined.
struct State {
  at::Tensor r;    ///< [batch, n] firing rate, the state that is carried
  at::Tensor z;    ///< [batch, n] share of r that the step that led here replaced; undefined before the first one
  at::Tensor u;    ///< [batch, n] utilisation of short-term plasticity
  at::Tensor x_s;  ///< [batch, n] available resources of short-term plasticity
  std::vector<at::Tensor> own = {};  ///< what else a model carries, [batch, …] each: as many in every state of it
};

/// One time step: from the state before it and the step's number, 0 … steps − 1, to the state after it.
using Step = std::function<State(const State& before, std::int64_t t)>;

/// What one sample costs in one time step: what orders trials by length and counts their cost.
struct ProductCount {
  /// Multiply-adds on the recurrent state, forward; backward come as many for the state and for the weights.
  double recurrent = 0;
  double input = 0;           ///< multiply-adds on the input, forward; backward come as many for the weights
  double units = 0;           ///< other operations of all units, forward; 0: not counted
  double units_backward = 0;  ///< the same, backward
};

/// A recurrent network without its read-out: parameters and the equation of its step.
class Model {
 public:
  /// Adds W, P and b, unless the model has synapses of its own.
  explicit Model(const ModelContext& context, bool own_synapses = false);
  virtual ~Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  /// Prepares a pass over `x` ([steps, batch, n_in], the model's dtype and device): computes once what depends only on
  /// parameters and input, and returns the step that the caller repeats. `noise`, where defined, is
  /// [steps, batch, n] and is added to the drive of the candidate rate, inside φ.
  virtual Step unroll(const at::Tensor& x, const at::Tensor& noise = {}) const = 0;

  /// The model as one of the forms that core/kernels/ runs, with its quantities as they are now. Nothing where none of
  /// them is this model: it runs step by step then.
  virtual std::optional<RateEquation> rate_equation() const { return std::nullopt; }

  /// r_0 = 0, and what else is carried at its start.
  virtual State initial_state(std::int64_t batch) const;

  /// The values of A, dt, … in force now, whoever set them; one with many elements by its mean.
  virtual std::map<std::string, double> hyperparameters() const { return {}; }

  /// α, the time step over the time constant that the settings give (the start value where it is trained), which noise
  /// is scaled by; 1 where a model has none.
  virtual double time_step() const { return 1; }

  /// [n, n] recurrent weights of the candidate rate, whose spectrum tells how the network's activity grows or dies.
  virtual at::Tensor recurrent_weights() const { return W; }

  /// The largest z a gate can take, where a gate depends on the state; undefined where it is constant.
  virtual at::Tensor largest_gate() const { return {}; }

  /// From now on the state's defined tensors ([n]) stand in place of what the step computes: z, u or x_s that no longer
  /// change, for experiments on trained networks. r is not held. What a model does not have is ignored; an empty State
  /// sets all free.
  void hold(State values) { held_ = std::move(values); }
  /// Whether anything is held.
  bool holds() const { return held_.z.defined() || held_.u.defined() || held_.x_s.defined(); }

  /// Makes the weights obey Dale's principle again: after initialisation and after every optimiser step.
  void project();

  /// Weights of recurrent and input synapses, which the L2 penalty acts on.
  const std::vector<at::Tensor>& synapses() const { return synapses_; }
  /// Everything that gradients train, by name.
  const Parameters& parameters() const { return parameters_; }
  /// The signs of its units.
  const Dale& dale() const { return dale_; }

 protected:
  /// Counts a leaf among the synapses() and returns it.
  at::Tensor add_synapses(const at::Tensor& leaf);
  /// P x + b of all steps in one product, with the noise: [steps, batch, n]. Take it apart with unbind(0): the backward
  /// pass of indexing would fill a tensor of all steps at every step.
  at::Tensor input_drive(const at::Tensor& x, const at::Tensor& noise) const;
  /// The activation φ of the settings, sigmoid or tanh.
  at::Tensor activation(const at::Tensor& drive) const;
  /// φ(W r + P x + b), to which a model adds its gate.
  RateEquation candidate_equation() const;

  /// What is held of z, as [batch, n]; undefined where it is free.
  at::Tensor held_z(std::int64_t batch) const;

  const ModelSettings settings_;  ///< as the trial gave them
  const std::int64_t n_;          ///< units
  State held_;                    ///< what hold() fixed; undefined tensors are free
  Parameters parameters_;         ///< leaves, in the order in which they were added
  Dale dale_;                     ///< the signs of the units
  Initial initial_;               ///< adds parameters, drawn from the context's generators
  at::Tensor W;                   ///< [n, n] recurrent weights, signed; from presynaptic column j to postsynaptic row i
  at::Tensor P;                   ///< [n, n_in] input weights
  at::Tensor b;                   ///< [n] bias of the candidate rate

 private:
  std::vector<at::Tensor> synapses_;
};

/// A model of the registry.
struct ModelEntry {
  CatalogueEntry about;  ///< name, equation, source and the settings that it reads
  std::function<std::unique_ptr<Model>(const ModelContext&)> make;                ///< builds it with fresh parameters
  std::function<ProductCount(const ModelSettings&, std::int64_t n_in)> products;  ///< its cost, by size
  bool unbounded = false;                                                         ///< rates may leave [−1, 1]
};

/// Whether it is a discretised continuous model whose steps can be divided: it reads a dt or z, and the kernels, which
/// take finer steps, cover it.
bool has_time_step(const ModelEntry& entry);

/// Every model, the default first, those of users last.
const std::vector<ModelEntry>& models();
/// Registers a model of the user's own, before settings are first read. Throws as require_open_registry(), and
/// std::invalid_argument where make or products is missing. about.kernel says that its rate_equation() gives a form.
void add_model(ModelEntry entry);
/// Throws std::out_of_range for an unknown name.
const ModelEntry& find_model(const std::string& name);

}  // namespace evobrnn
