// SPDX-License-Identifier: Apache-2.0
#include "evolve/conformance.hpp"

#include "evolve/conformance/strategy_properties.hpp"

namespace evobrnn::conformance {

std::vector<Check> strategy_checks(const std::string& name) {
  find_strategy(name);
  std::vector<Check> checks;
  for (const auto* list : {&proposal_properties(), &search_properties()}) {
    for (const auto& property : *list) {
      for (const auto& problem : problems()) {
        checks.push_back({property.name, name + "_" + problem.name, [name, problem, look = property.look] {
                            Findings findings;
                            look(name, problem, findings);
                            return findings.list();
                          }});
      }
    }
  }
  return checks;
}

std::vector<Finding> check_strategy(const std::string& name) { return findings_of(strategy_checks(name)); }

}  // namespace evobrnn::conformance
