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
constexpr std::size_t kDraws = 30, kTreesOfDraw = 4;  // bootstrap of the observations

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
      volumes_.push_back(volume(leaf));
      mean_ += volumes_.back() * leaf.value;
      squares += volumes_.back() * leaf.value * leaf.value;
    }
    total_ = squares - mean_ * mean_;
    for (std::size_t v = 0; v < leaves_.front().sides.size(); ++v) axes_.push_back(axis(v));
  }

  double total() const { return total_; }

  /// Variance of the mean over all variables but these (one or two).
  double of(std::size_t a, std::size_t b) const {
    const Axis whole{{0, 1}, std::vector<Side>(leaves_.size(), Side{0, 1})};
    const auto &along = axes_[a], &across = a == b ? whole : axes_[b];
    const auto rows = along.cuts.size(), columns = across.cuts.size();
    // Each leaf adds to a rectangle of cells: marked at its corners, and summed up in one go.
    std::vector<double> means(rows * columns, 0);
    for (std::size_t l = 0; l < leaves_.size(); ++l) {
      const auto& leaf = leaves_[l];
      const double rest = volumes_[l] / width(leaf, a) / (a == b ? 1 : width(leaf, b)) * leaf.value;
      const auto [a0, a1] = along.covered[l];
      const auto [b0, b1] = across.covered[l];
      means[a0 * columns + b0] += rest;
      means[a0 * columns + b1] -= rest;
      means[a1 * columns + b0] -= rest;
      means[a1 * columns + b1] += rest;
    }
    double variance = 0;
    for (std::size_t i = 0; i + 1 < rows; ++i) {
      double* const row = means.data() + i * columns;
      double sum = 0;  // along this row, of what begins or ends in it; above it all rows are summed up already
      for (std::size_t j = 0; j < columns; ++j) {
        sum += row[j];
        row[j] = sum + (i > 0 ? means[(i - 1) * columns + j] : 0);
        if (j + 1 == columns) break;
        const double d = row[j] - mean_;
        variance += (along.cuts[i + 1] - along.cuts[i]) * (across.cuts[j + 1] - across.cuts[j]) * d * d;
      }
    }
    return variance;
  }

 private:
  using Side = std::pair<std::size_t, std::size_t>;

  /// Every place where the tree cuts a variable, 0 and 1 included, and between which of them each leaf lies.
  struct Axis {
    std::vector<double> cuts;
    std::vector<Side> covered;
  };

  Axis axis(std::size_t variable) const {
    Axis axis;
    for (const auto& leaf : leaves_) {
      axis.cuts.push_back(leaf.sides[variable].low);
      axis.cuts.push_back(leaf.sides[variable].high);
    }
    std::sort(axis.cuts.begin(), axis.cuts.end());
    axis.cuts.erase(std::unique(axis.cuts.begin(), axis.cuts.end()), axis.cuts.end());
    const auto place = [&](double x) {
      return static_cast<std::size_t>(std::lower_bound(axis.cuts.begin(), axis.cuts.end(), x) - axis.cuts.begin());
    };
    for (const auto& leaf : leaves_)
      axis.covered.emplace_back(place(leaf.sides[variable].low), place(leaf.sides[variable].high));
    return axis;
  }

  const std::vector<TreeBox>& leaves_;
  std::vector<double> volumes_;
  std::vector<Axis> axes_;
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

/// Shares of the variance, one row a share, one column a tree that varies.
using Shares = std::vector<std::vector<double>>;

void add_shares(const RegressionTree& tree, const std::vector<VarianceShare>& of, std::size_t variables,
                Shares& shares) {
  const TreeVariance variance(tree);
  if (variance.total() <= 0) return;
  std::vector<double> alone(variables);
  for (std::size_t a = 0; a < variables; ++a) alone[a] = variance.of(a, a);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const auto& s = of[i];
    const double part = s.second ? variance.of(s.first, *s.second) - alone[s.first] - alone[*s.second] : alone[s.first];
    shares[i].push_back(std::max(0.0, part) / variance.total());
  }
}

double square(double x) { return x * x; }

/// Fills in the errors: the variance of a forest's mean over bootstrap samples of the observations, less what the few
/// trees of those forests add to it, plus what the trees of the whole forest do.
void find_errors(const Observations& observations, Chance& chance, const Shares& whole, Importance& importance) {
  const auto n = observations.y.size(), variables = observations.x.front().size();
  std::vector<std::vector<double>> means(whole.size()), noise(whole.size());
  for (std::size_t draw = 0; draw < kDraws; ++draw) {
    Observations drawn;
    for (std::size_t i = 0; i < n; ++i) {
      const auto at = chance.index(n);
      drawn.x.push_back(observations.x[at]);
      drawn.y.push_back(observations.y[at]);
    }
    OutOfBag out{std::vector<double>(n, 0), std::vector<double>(n, 0)};
    Shares shares(whole.size());
    for (std::size_t t = 0; t < kTreesOfDraw; ++t)
      add_shares(grow(drawn, chance, out), importance.shares, variables, shares);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (shares[i].empty()) continue;
      means[i].push_back(mean(shares[i]));
      noise[i].push_back(square(deviation(shares[i])) / static_cast<double>(shares[i].size()));
    }
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto& share = importance.shares[i];
    share.tree_error = deviation(whole[i]) / std::sqrt(static_cast<double>(whole[i].size()));
    const double observed = means[i].size() < 2 ? 0 : square(deviation(means[i])) - mean(noise[i]);
    share.error = std::sqrt(std::max(0.0, observed) + square(share.tree_error));
  }
}

}  // namespace

std::optional<Importance> functional_anova(const Observations& observations, std::uint64_t seed) {
  check(observations);
  const auto& y = observations.y;
  if (y.size() < kLeast || observations.x.front().empty() || deviation(y) == 0) return std::nullopt;
  const auto variables = observations.x.front().size();
  Importance importance;
  for (std::size_t a = 0; a < variables; ++a) importance.shares.push_back({a, std::nullopt});
  for (std::size_t a = 0; a < variables; ++a) {
    for (std::size_t b = a + 1; b < variables; ++b) importance.shares.push_back({a, b});
  }
  Shares shares(importance.shares.size());
  Chance chance(seed);
  OutOfBag out{std::vector<double>(y.size(), 0), std::vector<double>(y.size(), 0)};
  for (std::size_t t = 0; t < kTrees; ++t)
    add_shares(grow(observations, chance, out), importance.shares, variables, shares);
  importance.explained = out.explained(y);
  if (shares.front().empty()) return importance;
  for (std::size_t i = 0; i < shares.size(); ++i) importance.shares[i].share = mean(shares[i]);
  find_errors(observations, chance, shares, importance);
  return importance;
}

}  // namespace evobrnn
