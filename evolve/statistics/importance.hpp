// SPDX-License-Identifier: Apache-2.0
/// What a score depends on: functional ANOVA of a random forest (Hutter, Hoos & Leyton-Brown, 2014). Each tree cuts the
/// unit cube into boxes; a variable's share of the variance is that of the tree's mean over all other variables,
/// computed exactly from the boxes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "evolve/statistics/sample.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// What the forest learns from.
struct Observations {
  std::vector<std::vector<double>> x;  ///< rows of variables, each in [0, 1]
  std::vector<double> y;               ///< one a row
};

/// How much of the variance a variable or a pair explains.
struct VarianceShare {
  std::size_t first = 0;              ///< index of the variable
  std::optional<std::size_t> second;  ///< of an interaction: beyond what the two do alone
  double share = 0;                   ///< of the variance, in [0, 1]: mean over the trees
  double error = 0;                   ///< standard error: over a bootstrap of the observations, and the trees
  double tree_error = 0;              ///< of this, what more trees would take away: over the trees alone
};

/// What functional_anova() finds.
struct Importance {
  double explained = 0;               ///< R² out of bag, at most 1: how much of the variance the forest foresees
  std::vector<VarianceShare> shares;  ///< single variables first, then pairs
};

/// The error comes from forests of few trees on bootstrap samples of the observations; what so few trees add to it is
/// taken off. Nothing for fewer than 20 observations, or where y does not vary. Throws std::invalid_argument for values
/// outside of their range and rows of different lengths.
std::optional<Importance> functional_anova(const Observations& observations, std::uint64_t seed);

}  // namespace evobrnn
