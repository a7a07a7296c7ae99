// SPDX-License-Identifier: Apache-2.0
/// One searched setting, what it can be, and how settings files write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Largest size of a searched integer: genes are doubles on their way through a strategy.
inline constexpr std::int64_t kLargestInteger = std::int64_t{1} << 53;

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

/// The gene matters only where the gene at `path` has one of these values. Values are compared as values: 0 is 0.0, and
/// neither is "0", unless that is how a text gene writes it.
struct GeneCondition {
  std::string path;            ///< of another gene
  std::vector<Scalar> values;  ///< any of these lets it apply
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
  std::vector<GeneCondition> conditions;
};

/// Equal as values: integers and reals by their number, all else in its own type.
bool same_value(const Scalar& left, const Scalar& right);
/// A value that a file or a program gave, as a value of that kind: 20 and "20" of a real are 20.0. Nothing where it is
/// none.
std::optional<Scalar> in_kind(SettingKind kind, const Scalar& value);
/// The value of the gene that a condition means; nothing where the gene never has it.
std::optional<Scalar> condition_value(const Gene& gene, const Scalar& value);
/// What a gene can be, in words: "an integer from 1 to 3", "one of a, b".
std::string range_text(const Gene& gene);
/// The rule that the gene breaks in itself (a range without width, wider than the largest double, a logarithm of
/// nothing, a value twice), in words; nothing where it breaks none.
std::optional<std::string> broken_rule(const Gene& gene);

/// A real gene in [low, high]. What breaks a rule is told where a search space is made of it.
Gene real_gene(std::string name, double low, double high, GeneScale scale = GeneScale::linear);
/// An integer gene in [low, high]. Throws std::invalid_argument for ends beyond ±2^53, which doubles do not hold.
Gene integer_gene(std::string name, std::int64_t low, std::int64_t high, GeneScale scale = GeneScale::linear);
/// A gene that is one of `values`.
Gene categorical_gene(std::string name, std::vector<Scalar> values);
/// The gene as a line under [genes] of a settings file says it: "model.dt = { low = 0.05, high = 0.9 }".
std::string gene_toml(const Gene& gene);
/// [genes] as it is read back.
std::string genes_toml(const std::vector<Gene>& genes);

}  // namespace evobrnn
