// SPDX-License-Identifier: Apache-2.0
/// What the properties of a model look at, and the list of them.
#pragma once

#include <string>
#include <vector>

#include "core/conformance/model_variants.hpp"
#include "core/conformance/tensor_findings.hpp"

namespace evobrnn::conformance {

/// One variant of a model, from which networks are made.
struct ModelSubject {
  const ModelEntry& entry;
  const ModelVariant& variant;

  const ModelSettings& settings() const { return variant.settings; }
  Network network(std::uint64_t seed = 1) const { return network(settings(), variant.path, seed); }
  Network network(const ModelSettings& changed, std::uint64_t seed = 1) const {
    return network(changed, variant.path, seed);
  }
  Network network(const ModelSettings& changed, Path path, std::uint64_t seed = 1,
                  at::ScalarType dtype = at::ScalarType::Double) const {
    return {entry, changed, {kInputs, kOutputs, dtype, at::Device(at::DeviceType::CPU), seed, path}};
  }
};

struct ModelProperty {
  std::string name;
  void (*look)(const ModelSubject& subject, TensorFindings& findings);
};

/// What a model computes: its gradients, its passes, what it carries from step to step.
const std::vector<ModelProperty>& computation_properties();
/// What stays so whatever it computes: signs, ranges, draws, files.
const std::vector<ModelProperty>& invariant_properties();

/// [steps, batch, kInputs] float64, uniform in [0, 1); the same each time.
at::Tensor random_input(std::int64_t steps, std::int64_t batch);

/// [batch, kOutputs] after the last step.
inline at::Tensor logits(const Network& network, const at::Tensor& x) { return network.run(x).outputs; }

}  // namespace evobrnn::conformance
