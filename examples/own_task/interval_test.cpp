// SPDX-License-Identifier: Apache-2.0
/// The conformance kit on the task: shapes, samples that depend on their number alone, scores, a training.
#include "interval.hpp"

#include <evobrnn/core/conformance.hpp>
#include <evobrnn/core/threads.hpp>
#include <iostream>

int main() {
  evobrnn::configure_process_threads();
  evobrnn::add_task(own_task::interval());
  const auto findings = evobrnn::conformance::check_task("interval");
  for (const auto& group : evobrnn::conformance::grouped(findings)) std::cerr << to_text(group) << '\n';
  std::cout << "interval: " << (findings.empty() ? "all properties hold" : "some properties failed") << '\n';
  return findings.empty() ? 0 : 1;
}
