// SPDX-License-Identifier: Apache-2.0
#include "core/examination/decoding.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>

#include "core/random.hpp"

namespace evobrnn {
namespace {

constexpr std::int64_t kFolds = 5;
constexpr double kRidge = 0.02;  // of the training samples' number, where every feature has variance 1

double upper_chance(double chance, std::int64_t samples) {
  const boost::math::binomial_distribution<> guesses(static_cast<double>(samples), chance);
  return boost::math::quantile(guesses, 0.975) / static_cast<double>(samples);
}

/// [samples, samples]: what each sample's targets add to what is told of each other one, where that one is in the fold
/// left out. What is told is linear in the targets, so that permutations of them need no new fit.
at::Tensor prediction_matrix(const at::Tensor& features) {
  const auto X = features.to(at::kDouble);
  const auto samples = X.size(0);
  const auto fold = at::arange(samples, at::kLong).remainder(kFolds);
  auto told = at::zeros({samples, samples}, X.options());
  for (std::int64_t k = 0; k < kFolds; ++k) {
    const auto train = fold.ne(k).nonzero().reshape({-1}), test = fold.eq(k).nonzero().reshape({-1});
    if (test.numel() == 0) continue;
    const auto known = X.index_select(0, train);
    const auto mean = known.mean(0, true), scale = known.std(0, true, true).clamp_min(1e-9);
    const auto A = (known - mean) / scale;
    const auto m = static_cast<double>(train.numel());
    const auto ridge = kRidge * m * at::eye(A.size(1), A.options());
    const auto weights = at::linalg_solve(at::mm(A.t(), A) + ridge, A.t());  // [features, train], of Y − its mean
    const auto part = at::mm((X.index_select(0, test) - mean) / scale, weights);
    const auto whole = part - part.mean(1, true) + 1 / m;
    told.index_put_({test.unsqueeze(1), train.unsqueeze(0)}, whole);
  }
  return told;
}

double share_told(const at::Tensor& told, const at::Tensor& targets, const at::Tensor& items) {
  return at::mm(told, targets).argmax(1).eq(items).to(at::kDouble).mean().item<double>();
}

at::Tensor targets_of(const at::Tensor& items) {
  return at::one_hot(items, items.max().item<std::int64_t>() + 1).to(at::kDouble);
}

}  // namespace

double decoded_share(const at::Tensor& features, const at::Tensor& items) {
  return share_told(prediction_matrix(features), targets_of(items), items);
}

Decoded decode(const at::Tensor& features, const at::Tensor& items, std::int64_t permutations, std::uint64_t seed) {
  const auto told = prediction_matrix(features), targets = targets_of(items);
  Decoded decoded;
  decoded.share = share_told(told, targets, items);
  const auto generator = make_generator(seed);
  std::vector<double> shares;
  for (std::int64_t i = 0; i < permutations; ++i) {
    const auto order = at::randperm(items.numel(), generator, at::TensorOptions().dtype(at::kLong));
    shares.push_back(share_told(told, targets.index_select(0, order), items.index_select(0, order)));
  }
  std::sort(shares.begin(), shares.end());
  const auto reached = shares.end() - std::lower_bound(shares.begin(), shares.end(), decoded.share - 1e-12);
  decoded.p = (1 + static_cast<double>(reached)) / (1 + static_cast<double>(permutations));
  if (shares.empty()) return decoded;
  decoded.chance = mean_of(shares).mean;
  decoded.upper_chance = shares[static_cast<std::size_t>(0.975 * static_cast<double>(shares.size() - 1) + 0.5)];
  return decoded;
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
                     {},
                     {},
                     delay_marks(activity, activity.fed)};
  figure.marks["chance"] = chance;
  auto& numbers = examination.numbers;
  double best = 0, last = 0, last_synapses = 0;
  for (std::size_t i = 0; i < activity.times.size(); ++i) {
    const auto t = static_cast<std::int64_t>(i);
    last = decoded_share(activity.r[t], activity.items);
    best = std::max(best, last);
    last_synapses = activity.synapses.defined() ? decoded_share(activity.synapses[t], activity.items) : std::nan("");
    figure.rows.push_back({static_cast<double>(activity.times[i]), last, last_synapses, chance, upper});
    if (activity.delay == 0 || activity.times[i] != activity.fed + activity.delay) continue;
    numbers["decoding.delay_end"] = last;
    if (activity.synapses.defined()) numbers["decoding.delay_end_synapses"] = last_synapses;
  }
  const auto blank = activity.times.back() - activity.fed;
  numbers["decoding.best"] = best;
  numbers["decoding.last"] = last;
  numbers["decoding.last_steps"] = static_cast<double>(blank);
  numbers["decoding.chance"] = chance;
  numbers["decoding.upper_chance"] = upper;
  if (activity.synapses.defined()) numbers["decoding.last_synapses"] = last_synapses;
  examination.findings.push_back(
      fmt::format("A linear classifier tells the item from the rates in {:.1f} % at best, "
                  "and in {:.1f} % after {} blank steps (chance {:.1f} %, at most {:.1f} %).",
                  100 * best, 100 * last, blank, 100 * chance, 100 * upper));
  examination.figures.push_back(std::move(figure));
}

}  // namespace evobrnn
