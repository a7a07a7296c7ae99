// SPDX-License-Identifier: Apache-2.0
#include "evolve/told_curve.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

namespace evobrnn {
namespace {

class ToldCurve {
 public:
  void tell(std::int64_t step, double loss) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    last_ = CurvePoint{step, 0, loss, kNone, kNone};
    if (calls_++ % stride_ != 0) return;
    kept_.push_back(*last_);
    last_.reset();
    if (kept_.size() < kMost) return;
    stride_ *= 2;
    for (std::size_t i = 0; 2 * i < kept_.size(); ++i) kept_[i] = kept_[2 * i];
    kept_.resize((kept_.size() + 1) / 2);
  }

  std::vector<CurvePoint> points() const {
    auto all = kept_;
    if (last_) all.push_back(*last_);
    return all;
  }

 private:
  static constexpr std::size_t kMost = 1000;
  std::vector<CurvePoint> kept_;    ///< of calls 0, stride, 2 stride, …
  std::optional<CurvePoint> last_;  ///< of the last call, where that was not kept
  std::size_t calls_ = 0, stride_ = 1;
};

}  // namespace

Objective with_told_curve(Objective objective) {
  return [objective = std::move(objective)](const Candidate& candidate, const TrialHooks& given) {
    ToldCurve curve;
    auto hooks = given;
    hooks.progress = [&](std::int64_t step, std::int64_t steps, double loss) {
      curve.tell(step, loss);
      if (given.progress) given.progress(step, steps, loss);
    };
    auto result = objective(candidate, hooks);
    if (result.curve.empty()) result.curve = curve.points();
    return result;
  };
}

bool was_told(const CurvePoint& point) {
  return point.samples == 0 && std::isnan(point.validation_loss) && std::isnan(point.validation_score);
}

}  // namespace evobrnn
