// SPDX-License-Identifier: Apache-2.0
#include "evolve/statistics/importance.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "evolve/statistics/regression_tree.hpp"
#include "evolve/statistics/summary.hpp"

namespace evobrnn {
namespace {

constexpr std::size_t kTrees = 64, kLeaf = 3, kLeast = 20;

void check(const Observations& o) {
  if (o.x.size() != o.y.size()) throw std::invalid_argument("x and y must have a row each");
  require_finite(o.y, "y");
  for (const auto& row : o.x) {
    if (row.size() != o.x.front().size()) throw std::invalid_argument("rows of x must have the same length");
    if (!std::all_of(row.begin(), row.end(), [](double v) { return v >= 0 && v <= 1; }))
      throw std::invalid_argument("x must be in [0, 1]");
  }
}

double width(const TreeBox& box, std::size_t variable) { return box.sides[variable].high - box.sides[variable].low; }

double volume(const TreeBox& box) {
  double product = 1;
  for (std::size_t v = 0; v < box.sides.size(); ++v) product *= width(box, v);
  return product;
}

/// Exact moments of one tree as a function on the unit cube.
class TreeVariance {
 public:
  explicit TreeVariance(const RegressionTree& tree) : leaves_(tree.leaves()) {
    double squares = 0;
    for (const auto& leaf : leaves_) {
      mean_ += volume(leaf) * leaf.value;
      squares += volume(leaf) * leaf.value * leaf.value;
    }
    total_ = squares - mean_ * mean_;
  }

  double total() const { return total_; }

  /// Variance of the mean over all variables but these (one or two).
  double of(std::size_t a, std::size_t b) const {
    const auto cuts_a = cuts(a), cuts_b = a == b ? std::vector<double>{0, 1} : cuts(b);
    const auto columns = cuts_b.size() - 1;
    std::vector<double> means((cuts_a.size() - 1) * columns, 0);
    for (const auto& leaf : leaves_) {
      const double rest = volume(leaf) / width(leaf, a) / (a == b ? 1 : width(leaf, b)) * leaf.value;
      const auto [a0, a1] = covered(cuts_a, leaf.sides[a]);
      const auto [b0, b1] = a == b ? std::pair<std::size_t, std::size_t>{0, 1} : covered(cuts_b, leaf.sides[b]);
      for (auto i = a0; i < a1; ++i) {
        for (auto j = b0; j < b1; ++j) means[i * columns + j] += rest;
      }
    }
    double variance = 0;
    for (std::size_t i = 0; i + 1 < cuts_a.size(); ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        const double d = means[i * columns + j] - mean_;
        variance += (cuts_a[i + 1] - cuts_a[i]) * (cuts_b[j + 1] - cuts_b[j]) * d * d;
      }
    }
    return variance;
  }

 private:
  /// Every place where the tree cuts the variable, 0 and 1 included.
  std::vector<double> cuts(std::size_t variable) const {
    std::vector<double> places;
    for (const auto& leaf : leaves_) {
      places.push_back(leaf.sides[variable].low);
      places.push_back(leaf.sides[variable].high);
    }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
  }

  static std::pair<std::size_t, std::size_t> covered(const std::vector<double>& cuts, const Interval& side) {
    const auto place = [&](double x) {
      return static_cast<std::size_t>(std::lower_bound(cuts.begin(), cuts.end(), x) - cuts.begin());
    };
    return {place(side.low), place(side.high)};
  }

  const std::vector<TreeBox>& leaves_;
  double mean_ = 0, total_ = 0;
};

/// Sums of the predictions for each row by the trees that have not seen it.
struct OutOfBag {
  std::vector<double> sums, counts;

  double explained(const std::vector<double>& y) const {
    const double center = mean(y);
    double errors = 0, squares = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (counts[i] == 0) continue;
      const double error = y[i] - sums[i] / counts[i];
      errors += error * error;
      squares += (y[i] - center) * (y[i] - center);
    }
    return squares > 0 ? 1 - errors / squares : 0;
  }
};

RegressionTree grow(const Observations& observations, Chance& chance, OutOfBag& out) {
  const auto n = observations.y.size(), variables = observations.x.front().size();
  std::vector<std::size_t> rows(n);
  std::vector<bool> seen(n, false);
  for (auto& row : rows) seen[row = chance.index(n)] = true;
  // Two thirds of the variables a split: the shares shall show what matters, so that trees must be able to use it.
  RegressionTree tree(observations, std::move(rows), kLeaf, std::max<std::size_t>(1, (2 * variables + 2) / 3), chance);
  for (std::size_t i = 0; i < n; ++i) {
    if (seen[i]) continue;
    out.sums[i] += tree.predict(observations.x[i]);
    ++out.counts[i];
  }
  return tree;
}

}  // namespace

std::optional<Importance> functional_anova(const Observations& observations, std::uint64_t seed) {
  check(observations);
  const auto& y = observations.y;
  if (y.size() < kLeast || observations.x.front().empty() || deviation(y) == 0) return std::nullopt;
  const auto variables = observations.x.front().size();
  Importance importance;
  for (std::size_t a = 0; a < variables; ++a) importance.shares.push_back({a, std::nullopt, 0, 0});
  for (std::size_t a = 0; a < variables; ++a) {
    for (std::size_t b = a + 1; b < variables; ++b) importance.shares.push_back({a, b, 0, 0});
  }
  std::vector<std::vector<double>> shares(importance.shares.size());
  Chance chance(seed);
  OutOfBag out{std::vector<double>(y.size(), 0), std::vector<double>(y.size(), 0)};
  for (std::size_t t = 0; t < kTrees; ++t) {
    const auto tree = grow(observations, chance, out);
    const TreeVariance variance(tree);
    if (variance.total() <= 0) continue;
    std::vector<double> alone(variables);
    for (std::size_t a = 0; a < variables; ++a) alone[a] = variance.of(a, a);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const auto& s = importance.shares[i];
      const double part =
          s.second ? variance.of(s.first, *s.second) - alone[s.first] - alone[*s.second] : alone[s.first];
      shares[i].push_back(std::max(0.0, part) / variance.total());
    }
  }
  for (std::size_t i = 0; i < shares.size() && !shares[i].empty(); ++i) {
    importance.shares[i].share = mean(shares[i]);
    importance.shares[i].error = deviation(shares[i]) / std::sqrt(static_cast<double>(shares[i].size()));
  }
  importance.explained = out.explained(y);
  return importance;
}

}  // namespace evobrnn
