// SPDX-License-Identifier: Apache-2.0
#include "core/examination/lesions.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "core/random.hpp"

namespace evobrnn {
namespace {

constexpr std::uint64_t kDraws = 23;  // purpose of a derived seed

class Lesions {
 public:
  Lesions(Subject& subject, const Activity& activity, Examination& examination)
      : subject_(subject), batch_(subject.test_batch(activity.x.size(1))), examination_(examination) {
    const auto whole = mean_of(subject_.scores(batch_, {}));
    whole_ = whole.mean;
    add("none", whole, 0);
    figure_.marks["whole"] = whole_;
    if (subject_.shape().score == ScoreKind::accuracy) figure_.marks["chance"] = subject_.chance();
  }

  /// units: [n], 1 where silenced.
  Mean silenced(const at::Tensor& units) const {
    const auto left = (1 - units).to(batch_.x.scalar_type());
    PassOptions options;
    options.intervene = [&left](const State& after) {
      auto silenced = after;
      silenced.r = after.r * left;
      return silenced;
    };
    return mean_of(subject_.scores(batch_, options));
  }

  void hold(const std::string& name, const at::Tensor& value, at::Tensor State::*variable) {
    if (!value.defined()) return;
    State held;
    held.*variable = value.to(batch_.x.scalar_type());
    subject_.network().model().hold(held);
    add(name, mean_of(subject_.scores(batch_, {})), 0);
    subject_.network().model().hold({});
  }

  /// `score`: its mean and standard error over samples.
  void add(const std::string& label, const Mean& score, double deviation) {
    figure_.labels.push_back(label);
    figure_.rows.push_back({score.mean, whole_ - score.mean, deviation, score.error});
  }

  void finish() {
    const bool accuracy = subject_.shape().score == ScoreKind::accuracy;
    std::size_t worst = 0;
    for (std::size_t i = 1; i < figure_.rows.size(); ++i) {
      if (figure_.rows[i][1] > figure_.rows[worst][1]) worst = i;
    }
    if (worst > 0)
      examination_.findings.push_back(
          fmt::format("Of the lesions, \"{}\" costs most: {}.", figure_.labels[worst],
                      accuracy ? fmt::format("{:.1f} points of accuracy", 100 * figure_.rows[worst][1])
                               : fmt::format("{:.4g} of the score", figure_.rows[worst][1])));
    examination_.figures.push_back(std::move(figure_));
  }

 private:
  Subject& subject_;
  const Batch batch_;
  Examination& examination_;
  double whole_ = 0;
  FigureTable figure_{"lesions",
                      "Score with a part of the network silenced or held at its mean, and what it costs",
                      {"score", "cost", "standard deviation over draws", "standard error over samples"},
                      {},
                      {}};
};

}  // namespace

void add_lesions(Subject& subject, const Activity& activity, const ExaminationOptions& options,
                 Examination& examination) {
  at::NoGradGuard no_grad;
  Lesions lesions(subject, activity, examination);
  const auto n = subject.settings().model.n;
  const auto& dale = subject.network().model().dale();
  if (dale.on) {
    const auto excitatory = at::arange(n).lt(dale.n_excitatory).to(at::kDouble);
    lesions.add("excitatory units silenced", lesions.silenced(excitatory), 0);
    lesions.add("inhibitory units silenced", lesions.silenced(1 - excitatory), 0);
  }
  const auto generator = make_generator(derived_seed(0, kDraws));
  for (const int percent : {10, 25, 50}) {
    const auto count = std::max<std::int64_t>(1, std::llround(0.01 * percent * static_cast<double>(n)));
    std::vector<double> scores;
    double errors = 0;
    for (std::int64_t draw = 0; draw < options.lesion_draws; ++draw) {
      const auto units = at::randperm(n, generator, at::TensorOptions().dtype(at::kLong)).slice(0, 0, count);
      const auto one = lesions.silenced(at::zeros({n}, at::kDouble).index_fill(0, units, 1));
      scores.push_back(one.mean);
      errors += one.error / static_cast<double>(options.lesion_draws);
    }
    const auto score = mean_of(scores);
    lesions.add(fmt::format("{} % of the units silenced, drawn at random", percent), {score.mean, errors},
                score.error * std::sqrt(static_cast<double>(scores.size())));
  }
  if (subject.network().model().largest_gate().defined())
    lesions.hold("z held at each unit's mean", activity.z, &State::z);
  lesions.hold("u held at each unit's mean", activity.u, &State::u);
  lesions.hold("x held at each unit's mean", activity.x_s, &State::x_s);
  lesions.finish();
}

}  // namespace evobrnn
