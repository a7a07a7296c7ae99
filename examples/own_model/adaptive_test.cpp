// SPDX-License-Identifier: Apache-2.0
/// The conformance kit on the model: with its gradients, Dale's signs, seeds, … as every model of evobrnn is tested.
#include "adaptive.hpp"

#include <evobrnn/core/conformance.hpp>
#include <evobrnn/core/threads.hpp>
#include <iostream>

int main() {
  evobrnn::configure_process_threads();
  evobrnn::add_model(own_model::adaptive());
  const auto findings = evobrnn::conformance::check_model("adaptive");
  for (const auto& group : evobrnn::conformance::grouped(findings)) std::cerr << to_text(group) << '\n';
  std::cout << "adaptive: " << (findings.empty() ? "all properties hold" : "some properties failed") << '\n';
  return findings.empty() ? 0 : 1;
}
