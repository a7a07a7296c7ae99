// SPDX-License-Identifier: Apache-2.0
#include "core/examination/fixed_points.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace evobrnn {
namespace {

constexpr double kRate = 0.1, kLeastRate = 1e-3;  // of Adam, in logits: falls as a cosine
constexpr double kBeta1 = 0.9, kBeta2 = 0.99;
constexpr double kInside = 1e-9;            // of the range, that starts keep from their bounds
constexpr double kStill = 1e-4;             // decrease of the squared speed that is none any more
constexpr std::int64_t kEveryDescent = 50;  // steps between looks at a descent
constexpr double kNear = 1e-4;              // speed
constexpr int kStillTimes = 5, kDampings = 12;
constexpr std::int64_t kEveryRun = 100;  // steps between looks at a long run

double root_mean_square(const at::Tensor& v) { return v.square().mean().sqrt().item<double>(); }

/// Coordinates that cannot leave the bounds: the logit of where an entry lies between them, itself where it has none.
class FreeCoordinates {
 public:
  explicit FreeCoordinates(const StateBounds& bounds)
      : low_(bounds.low), width_(bounds.high - bounds.low), bounded_(width_.isfinite()) {}

  at::Tensor from(const at::Tensor& s) const {
    const auto share = ((s - low_) / width_).clamp(kInside, 1 - kInside);
    return at::where(bounded_, at::logit(share), s);
  }
  at::Tensor to(const at::Tensor& v) const {
    const auto zero = at::zeros_like(low_);
    // No infinite number meets a zero gradient.
    const auto low = at::where(bounded_, low_, zero), width = at::where(bounded_, width_, zero);
    return at::where(bounded_, low + width * at::sigmoid(v), v);
  }

 private:
  const at::Tensor low_, width_, bounded_;
};

/// The best states that Adam passes on its way down the squared speed, each row on its own.
at::Tensor descend(const StateMap& map, const at::Tensor& starts, const StateBounds& bounds) {
  const FreeCoordinates coordinates(bounds);
  auto v = coordinates.from(starts);
  auto best = starts.clone(), least = at::full({starts.size(0)}, std::numeric_limits<double>::infinity(), v.options());
  auto mean = at::zeros_like(v), square = at::zeros_like(v);
  for (std::int64_t i = 0; i <= kDescent; ++i) {
    at::Tensor gradient, s, q;
    {
      at::AutoGradMode with_gradient(true);
      auto leaf = v.detach().requires_grad_(true);
      s = i == 0 ? starts : coordinates.to(leaf);
      q = (map(s) - s).square().mean(1);
      if (i > 0) q.sum().backward({}, c10::nullopt, false, at::TensorList(leaf));
      gradient = leaf.grad();
    }
    q = q.detach();
    const auto better = q.lt(least);
    least = at::where(better, q, least);
    best = at::where(better.unsqueeze(1), s.detach(), best);
    // The rest is done sooner by polishing.
    if (i % kEveryDescent == 0 && least.max().item<double>() < kNear * kNear) break;
    if (i == 0) continue;  // the starts as they are, which the coordinates may not hold
    const auto t = static_cast<double>(i);
    mean.mul_(kBeta1).add_(gradient, 1 - kBeta1);
    square.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    const double done = t / static_cast<double>(kDescent);
    const double rate = kLeastRate + (kRate - kLeastRate) * (1 + std::cos(std::numbers::pi * done)) / 2;
    const auto scale = (square / (1 - std::pow(kBeta2, t))).sqrt_().add_(1e-30);
    v = v - rate / (1 - std::pow(kBeta1, t)) * mean / scale;
  }
  return best;
}

enum class End { fixed, resting, capped, outside };

struct Settled {
  at::Tensor s;
  double speed = 0;
  End end = End::capped;
};

/// Levenberg–Marquardt on F(s) − s, every step cut off at the bounds.
Settled polish(const StateMap& map, at::Tensor s, const StateBounds& bounds) {
  const auto residual = [&](const at::Tensor& at) { return map(at.unsqueeze(0)).squeeze(0) - at; };
  const auto I = at::eye(s.numel(), s.options());
  auto f = residual(s);
  double damping = 1e-6;
  int still = 0;
  bool leaving = false, better = true;
  std::int64_t i = 0;
  for (; i < kPolish && better && still < kStillTimes && root_mean_square(f) > 1e-3 * kFixed; ++i) {
    const auto J = map.jacobian(s) - I;
    const auto gradient = at::mv(J.t(), f), normal = at::mm(J.t(), J);
    const double before = root_mean_square(f);
    better = false;
    for (int tries = 0; tries < kDampings && !better; ++tries) {
      const auto wanted = s - at::linalg_solve(normal + damping * I, gradient);
      const auto next = at::minimum(at::maximum(wanted, bounds.low), bounds.high);
      const auto now = residual(next);
      better = root_mean_square(now) < before;
      if (better) {
        leaving = !at::equal(next, wanted);
        s = next;
        f = now;
      }
      damping = better ? std::max(damping / 10, 1e-14) : damping * 10;
    }
    const double after = root_mean_square(f);
    still = after * after > (1 - kStill) * before * before ? still + 1 : 0;
  }
  Settled settled{s, root_mean_square(f)};
  if (settled.speed < kFixed) settled.end = End::fixed;
  else if (leaving) settled.end = End::outside;
  else if (i < kPolish || !better || still >= kStillTimes) settled.end = End::resting;
  return settled;
}

void add_eigenvalues(const StateMap& map, FixedPoint& point) {
  const auto values = at::linalg_eigvals(map.jacobian(point.s));
  const auto order = values.abs().argsort(0, true);
  point.eigenvalues = values.index_select(0, order);
  point.largest = point.eigenvalues[0].abs().item<double>();
}

}  // namespace

StateMap::StateMap(const Network& network, const at::Tensor& input)
    : network_(network), input_(input), start_(network.model().initial_state(1)), size_(joined(start_).size(1)) {}

at::Tensor StateMap::joined(const State& state) {
  std::vector<at::Tensor> parts;
  for (const auto& part : {state.r, state.u, state.x_s}) {
    if (part.defined()) parts.push_back(part);
  }
  for (const auto& own : state.own) parts.push_back(own.flatten(1));
  return parts.size() == 1 ? state.r : at::cat(parts, 1);
}

at::Tensor StateMap::operator()(const at::Tensor& s) const {
  std::int64_t place = 0;
  const auto taken = [&](const at::Tensor& like) {
    auto sizes = like.sizes().vec();
    sizes[0] = s.size(0);
    const auto part = s.narrow(1, std::exchange(place, place + like.numel()), like.numel());
    return like.dim() == 2 ? part : part.reshape(sizes);
  };
  State state;
  state.r = taken(start_.r);
  if (start_.u.defined()) {
    state.u = taken(start_.u);
    state.x_s = taken(start_.x_s);
  }
  for (const auto& own : start_.own) state.own.push_back(taken(own));
  const auto step = network_.model().unroll(input_.expand({1, s.size(0), input_.numel()}));
  return joined(step(state, 0));
}

at::Tensor StateMap::jacobian(const at::Tensor& s) const {
  at::AutoGradMode with_gradient(true);
  // A copy of the state for each row: the gradient of row i's own entry i is row i of the Jacobian.
  auto copies = s.detach().expand({size(), size()}).contiguous().requires_grad_(true);
  const auto next = (*this)(copies);
  next.backward(at::eye(size(), s.options()), c10::nullopt, false, at::TensorList(copies));
  return copies.grad().detach();
}

StateBounds state_bounds(const ModelSettings& settings, const StateMap& map) {
  const auto& entry = find_model(settings.name);
  const bool positive = reads(entry.about, "model.activation") && settings.activation == "sigmoid";
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  auto low = map.like(), high = map.like();
  low.r = at::full_like(low.r, entry.unbounded ? -kInfinite : positive ? 0 : -1);
  high.r = at::full_like(high.r, entry.unbounded ? kInfinite : 1);
  if (low.u.defined()) {
    low.u = low.x_s = at::zeros_like(low.u);
    high.u = high.x_s = at::ones_like(high.u);
  }
  for (auto& own : low.own) own = at::full_like(own, -kInfinite);
  for (auto& own : high.own) own = at::full_like(own, kInfinite);
  return {StateMap::joined(low).squeeze(0).to(at::kDouble), StateMap::joined(high).squeeze(0).to(at::kDouble)};
}

at::Tensor sizes_of_rows(const at::Tensor& rows) { return rows.square().mean(1).sqrt(); }

at::Tensor distinct(const at::Tensor& rows) {
  std::vector<at::Tensor> kept;
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    const bool known = std::any_of(kept.begin(), kept.end(), [&](const at::Tensor& other) {
      return root_mean_square(other - rows[i]) < kSamePoint;
    });
    if (!known) kept.push_back(rows[i]);
  }
  return kept.empty() ? rows.slice(0, 0, 0) : at::stack(kept);
}

at::Tensor run_on(const StateMap& map, at::Tensor s, std::int64_t most) {
  at::NoGradGuard no_grad;
  for (std::int64_t t = 1; t <= most; ++t) {
    const auto next = map(s);
    if (t % kEveryRun == 0 && sizes_of_rows(next - s).max().item<double>() < 1e-3 * kFixed) return next;
    s = next;
  }
  return s;
}

FixedPoints find_fixed_points(const StateMap& map, const at::Tensor& starts, const StateBounds& bounds) {
  at::NoGradGuard no_grad;
  FixedPoints found;
  const auto nearer = descend(map, starts, bounds);
  for (std::int64_t i = 0; i < starts.size(0); ++i) {
    const auto settled = polish(map, nearer[i], bounds);
    ++(settled.end == End::fixed     ? found.ends.fixed
       : settled.end == End::resting ? found.ends.resting
       : settled.end == End::outside ? found.ends.outside
                                     : found.ends.capped);
    const bool known = settled.end == End::fixed || settled.end == End::resting;
    if (!known || !(settled.speed < kSlow)) continue;
    FixedPoint point{settled.s, settled.speed, {}, 0};
    const auto same = std::find_if(found.points.begin(), found.points.end(), [&](const FixedPoint& other) {
      return root_mean_square(other.s - point.s) < kSamePoint;
    });
    if (same == found.points.end()) found.points.push_back(std::move(point));
    else if (point.speed < same->speed) *same = std::move(point);
  }
  std::sort(found.points.begin(), found.points.end(), [](const auto& a, const auto& b) { return a.speed < b.speed; });
  for (auto& point : found.points) add_eigenvalues(map, point);
  return found;
}

}  // namespace evobrnn
