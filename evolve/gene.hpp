// SPDX-License-Identifier: Apache-2.0
/// One searched setting, and how settings files write it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// What values a gene takes.
enum class GeneKind {
  real,        ///< any number of its range
  integer,     ///< any whole number of its range
  categorical  ///< one of a list, without order
};
/// In which scale a numeric gene is searched.
enum class GeneScale {
  linear,  ///< as it is
  log      ///< by its logarithm
};

/// One searched setting.
struct Gene {
  std::string path;                     ///< the settings path that it writes to, as "model.dt"
  GeneKind kind = GeneKind::real;       ///< what values it takes
  double low = 0;                       ///< smallest value, included; real and integer
  double high = 1;                      ///< largest value, included; real and integer
  GeneScale scale = GeneScale::linear;  ///< log needs low > 0
  std::vector<Scalar> values;           ///< categorical: what can be chosen, at least two
  /// The gene matters only where these hold; paths of other genes only (conditions on fixed settings are resolved
  /// before).
  std::vector<SettingCondition> conditions;
};

/// A real gene in [low, high].
Gene real_gene(std::string name, double low, double high, GeneScale scale = GeneScale::linear);
/// An integer gene in [low, high].
Gene integer_gene(std::string name, std::int64_t low, std::int64_t high, GeneScale scale = GeneScale::linear);
/// A gene that is one of `values`.
Gene categorical_gene(std::string name, std::vector<Scalar> values);
/// The gene as a line under [genes] of a settings file says it: "model.dt = { low = 0.05, high = 0.9 }".
std::string gene_toml(const Gene& gene);
/// [genes] as it is read back.
std::string genes_toml(const std::vector<Gene>& genes);

}  // namespace evobrnn
