// SPDX-License-Identifier: Apache-2.0
#include "core/examination/decoding.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>

namespace evobrnn {
namespace {

constexpr std::int64_t kFolds = 5;
constexpr double kRidge = 0.02;  // of the training samples' number, where every feature has variance 1

double upper_chance(double chance, std::int64_t samples) {
  const boost::math::binomial_distribution<> guesses(static_cast<double>(samples), chance);
  return boost::math::quantile(guesses, 0.975) / static_cast<double>(samples);
}

}  // namespace

double decoded_share(const at::Tensor& features, const at::Tensor& items) {
  const auto X = features.to(at::kDouble);
  const auto samples = X.size(0), classes = items.max().item<std::int64_t>() + 1;
  const auto targets = at::one_hot(items, classes).to(at::kDouble);
  const auto fold = at::arange(samples, at::kLong).remainder(kFolds);
  double right = 0;
  for (std::int64_t k = 0; k < kFolds; ++k) {
    const auto train = fold.ne(k).nonzero().reshape({-1}), test = fold.eq(k).nonzero().reshape({-1});
    const auto known = X.index_select(0, train);
    const auto mean = known.mean(0, true), scale = known.std(0, true, true).clamp_min(1e-9);
    const auto A = (known - mean) / scale;
    const auto Y = targets.index_select(0, train);
    const auto level = Y.mean(0, true);
    const auto ridge = kRidge * static_cast<double>(train.numel()) * at::eye(A.size(1), A.options());
    const auto weights = at::linalg_solve(at::mm(A.t(), A) + ridge, at::mm(A.t(), Y - level));
    const auto told = (at::mm((X.index_select(0, test) - mean) / scale, weights) + level).argmax(1);
    right += told.eq(items.index_select(0, test)).sum().item<double>();
  }
  return right / static_cast<double>(samples);
}

void add_decoding(const Activity& activity, Examination& examination) {
  at::NoGradGuard no_grad;
  if (!activity.items.defined()) {
    examination.findings.push_back("The task names no item to remember, so none was decoded.");
    return;
  }
  const auto samples = activity.items.numel();
  const auto counts = at::bincount(activity.items).to(at::kDouble);
  const double chance = (counts.max() / counts.sum()).item<double>(), upper = upper_chance(chance, samples);
  FigureTable figure{"decoding",
                     fmt::format("Items told right by a linear classifier at each step, five-fold cross-validated on "
                                 "{} samples; the input ends after step {}",
                                 samples, activity.fed),
                     {"step", "from the rates", "from the synapses u·x", "chance", "chance, 97.5 %"},
                     {}};
  double best = 0, last = 0, last_synapses = 0;
  for (std::size_t i = 0; i < activity.times.size(); ++i) {
    const auto t = static_cast<std::int64_t>(i);
    last = decoded_share(activity.r[t], activity.items);
    best = std::max(best, last);
    last_synapses = activity.synapses.defined() ? decoded_share(activity.synapses[t], activity.items) : std::nan("");
    figure.rows.push_back({static_cast<double>(activity.times[i]), last, last_synapses, chance, upper});
  }
  examination.numbers["decoding.best"] = best;
  examination.numbers["decoding.last"] = last;
  examination.numbers["decoding.chance"] = chance;
  const auto blank = activity.times.back() - activity.fed;
  examination.findings.push_back(
      fmt::format("A linear classifier tells the item from the rates in {:.1f} % at best, "
                  "and in {:.1f} % after {} blank steps (chance {:.1f} %, at most {:.1f} %).",
                  100 * best, 100 * last, blank, 100 * chance, 100 * upper));
  if (std::isfinite(last_synapses)) {
    examination.numbers["decoding.last_synapses"] = last_synapses;
    const bool silent = last_synapses > upper && last <= upper;
    examination.findings.push_back(
        fmt::format("From the synapses u·x it does in {:.1f} % after {} blank steps{}.", 100 * last_synapses, blank,
                    silent ? ": the memory is activity-silent, in the synapses and not in the rates" : ""));
  }
  examination.figures.push_back(std::move(figure));
}

}  // namespace evobrnn
