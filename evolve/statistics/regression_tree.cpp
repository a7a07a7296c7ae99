// SPDX-License-Identifier: Apache-2.0
#include "evolve/statistics/regression_tree.hpp"

#include <algorithm>
#include <numeric>

namespace evobrnn {

RegressionTree::RegressionTree(const Observations& observations, std::vector<std::size_t> rows, std::size_t leaf,
                               std::size_t tried, Chance& chance)
    : observations_(observations), leaf_(leaf), tried_(tried), chance_(chance) {
  grow(std::move(rows), {std::vector<Interval>(observations.x.front().size(), Interval{0, 1}), 0});
}

double RegressionTree::predict(const std::vector<double>& x) const {
  std::size_t at = 0;
  while (nodes_[at].left != 0) at = x[nodes_[at].variable] <= nodes_[at].threshold ? nodes_[at].left : nodes_[at].right;
  return leaves_[nodes_[at].right].value;
}

std::size_t RegressionTree::grow(std::vector<std::size_t> rows, TreeBox box) {
  const auto index = nodes_.size();
  nodes_.emplace_back();
  const auto split = rows.size() >= 2 * leaf_ ? best_split(rows) : Split{};
  if (split.gain <= 0) {
    for (const auto row : rows) box.value += observations_.y[row];
    box.value /= static_cast<double>(rows.size());
    nodes_[index].right = leaves_.size();
    leaves_.push_back(std::move(box));
    return index;
  }
  const auto middle = std::partition(rows.begin(), rows.end(), [&](std::size_t row) {
    return observations_.x[row][split.variable] <= split.threshold;
  });
  auto below = box, above = box;
  below.sides[split.variable].high = above.sides[split.variable].low = split.threshold;
  const auto left = grow({rows.begin(), middle}, std::move(below));
  const auto right = grow({middle, rows.end()}, std::move(above));
  nodes_[index] = {split.variable, left, right, split.threshold};
  return index;
}

RegressionTree::Split RegressionTree::best_split(const std::vector<std::size_t>& rows) {
  std::vector<std::size_t> variables(observations_.x.front().size());
  std::iota(variables.begin(), variables.end(), std::size_t{0});
  Split best;
  auto ordered = rows;
  for (std::size_t i = 0; i < std::min(tried_, variables.size()); ++i) {
    std::swap(variables[i], variables[i + chance_.index(variables.size() - i)]);
    try_variable(ordered, variables[i], best);
  }
  return best;
}

void RegressionTree::try_variable(std::vector<std::size_t>& rows, std::size_t variable, Split& best) const {
  const auto x = [&](std::size_t row) { return observations_.x[row][variable]; };
  std::sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return x(a) < x(b) || (x(a) == x(b) && a < b);  // a total order: the sum below has one order of additions
  });
  const auto& y = observations_.y;
  double total = 0;
  for (const auto row : rows) total += y[row];
  const auto n = static_cast<double>(rows.size());
  double left = 0;
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    left += y[rows[i]];
    const auto below = static_cast<double>(i + 1);
    if (x(rows[i]) == x(rows[i + 1]) || i + 1 < leaf_ || rows.size() - i - 1 < leaf_) continue;
    // What the squared error falls by, when each side has a mean of its own.
    const double gain = left * left / below + (total - left) * (total - left) / (n - below) - total * total / n;
    if (gain > best.gain * (1 + 1e-12) + 1e-300) best = {variable, (x(rows[i]) + x(rows[i + 1])) / 2, gain};
  }
}

}  // namespace evobrnn
