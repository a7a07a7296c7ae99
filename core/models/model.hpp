// SPDX-License-Identifier: Apache-2.0
/// What every recurrent model is: parameters, and a step that reads as its equation.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/catalogue.hpp"
#include "core/models/dale.hpp"
#include "core/models/parameters.hpp"
#include "core/trial.hpp"

namespace evobrnn {

/// The state after a time step. Tensors that a model does not have stay undefined.
struct State {
  at::Tensor r;  ///< [batch, n] firing rate, the state that is carried
  at::Tensor z;  ///< [batch, n] gate of the step that led here; undefined before the first step
};

/// One time step: from the state before it and the step's number, 0 … steps − 1, to the state after it.
using Step = std::function<State(const State& before, std::int64_t t)>;

/// Multiply-adds of one sample in one time step, forward: what orders trials by length and counts their cost.
struct ProductCount {
  double recurrent = 0;  ///< on the recurrent state: once forward, twice backward (state and weights)
  double input = 0;      ///< on the input: once forward, once backward (weights only)
};

/// What a model is built from. Weights are drawn from `generator` alone.
struct ModelContext {
  const ModelSettings& settings;
  std::int64_t n_in = 0;
  at::ScalarType dtype;
  at::Device device;
  at::Generator generator;  ///< CPU
};

class Model {
 public:
  explicit Model(const ModelContext& context);
  virtual ~Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  /// Prepares a pass over `x` ([steps, batch, n_in], the model's dtype and device): computes once what depends only on
  /// parameters and input, and returns the step that the caller repeats.
  virtual Step unroll(const at::Tensor& x) const = 0;

  /// r_0 = 0.
  State initial_state(std::int64_t batch) const;

  /// The values of A, dt, … in force now, whoever set them; an A with many elements by its mean.
  virtual std::map<std::string, double> hyperparameters() const { return {}; }

  /// Makes the weights obey Dale's principle again: after initialisation and after every optimiser step.
  void project();

  const Parameters& parameters() const { return parameters_; }
  const Dale& dale() const { return dale_; }

 protected:
  /// A parameter ~ U(−scale/√n, scale/√n).
  at::Tensor draw(const std::string& name, at::IntArrayRef shape, double scale = 1.0);
  /// A trained raw parameter, every element `raw`.
  at::Tensor constant(const std::string& name, at::IntArrayRef shape, double raw);
  /// A value that the search or the user set: held fixed, no parameter.
  at::Tensor fixed(double value) const;
  /// Whether `model.trained` names it, so that gradients set it.
  bool trained(const std::string& name) const;
  /// The activation φ of the settings, sigmoid or tanh.
  at::Tensor activation(const at::Tensor& drive) const;

  const ModelSettings settings_;
  const std::int64_t n_;
  Parameters parameters_;
  Dale dale_;
  at::Tensor W;  ///< [n, n] recurrent weights, signed; from presynaptic column j to postsynaptic row i
  at::Tensor P;  ///< [n, n_in] input weights
  at::Tensor b;  ///< [n] bias of the candidate rate

 private:
  at::TensorOptions options_;
  at::Generator generator_;
};

/// The raw value whose logistic sigmoid is `p`, for p in (0, 1).
double logit(double p);

struct ModelEntry {
  CatalogueEntry about;
  std::function<std::unique_ptr<Model>(const ModelContext&)> make;
  std::function<ProductCount(const ModelSettings&, std::int64_t n_in)> products;
};

/// Every model, the default first.
const std::vector<ModelEntry>& models();
/// Throws std::out_of_range for an unknown name.
const ModelEntry& find_model(const std::string& name);

}  // namespace evobrnn
