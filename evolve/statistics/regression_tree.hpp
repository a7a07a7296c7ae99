// SPDX-License-Identifier: Apache-2.0
/// A regression tree over the unit cube (Breiman et al., 1984): splits where the squared error falls most.
#pragma once

#include <array>
#include <vector>

#include "evolve/statistics/importance.hpp"

namespace evobrnn {

/// A leaf: a box and the mean of y in it.
struct TreeBox {
  std::vector<Interval> sides;
  double value = 0;
};

class RegressionTree {
 public:
  /// Grown on these rows (with repetitions), until a node has fewer than 2 · `leaf` of them; each split chooses among
  /// `tried` variables drawn at random.
  RegressionTree(const Observations& observations, std::vector<std::size_t> rows, std::size_t leaf, std::size_t tried,
                 Chance& chance);

  double predict(const std::vector<double>& x) const;
  const std::vector<TreeBox>& leaves() const { return leaves_; }

 private:
  struct Node {
    std::size_t variable = 0, left = 0, right = 0;  ///< left = 0: a leaf, `right` is its index
    double threshold = 0;
  };
  struct Split {
    std::size_t variable = 0;
    double threshold = 0, gain = 0;
  };

  std::size_t grow(std::vector<std::size_t> rows, TreeBox box);
  Split best_split(const std::vector<std::size_t>& rows);
  void try_variable(std::vector<std::size_t>& rows, std::size_t variable, Split& best) const;

  const Observations& observations_;
  const std::size_t leaf_, tried_;
  Chance& chance_;
  std::vector<Node> nodes_;
  std::vector<TreeBox> leaves_;
};

}  // namespace evobrnn
