// SPDX-License-Identifier: Apache-2.0
#include "core/examination/memory_site.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/random.hpp"

namespace evobrnn {
namespace {

enum Purpose : std::uint64_t { kNoise = 24, kPermutations = 25, kExchange = 26 };  // of derived seeds
constexpr std::int64_t kExchanges = 10;                                            // draws of who exchanges with whom
constexpr double kNeeded = 0.1;  // share of what the score has above chance
constexpr double kTold = 0.2;    // share of the way from chance to certainty
constexpr double kNormal = 1.96;

/// What a model carries from step to step besides its rates: [batch, features]; undefined where there is nothing.
at::Tensor hidden_of(const State& state) {
  if (state.u.defined()) return state.u * state.x_s;
  std::vector<at::Tensor> parts;
  for (const auto& own : state.own) parts.push_back(own.flatten(1));
  return parts.empty() ? at::Tensor() : at::cat(parts, 1);
}

/// The state after step `end` of a pass over the test samples, noise included.
State state_after(const Subject& subject, const Batch& batch, std::int64_t end) {
  State kept;
  std::int64_t t = 0;
  PassOptions options;
  options.noise = make_generator(derived_seed(kNoise, 0));
  options.reset = batch.reset;
  options.record = [&](const State& state) {
    if (++t == end) kept = state;
  };
  subject.network().run(batch.x.slice(0, 0, end), options);
  return kept;
}

enum class Part { rates, hidden };

State exchanged(State state, Part part, const at::Tensor& order) {
  const auto exchange = [&order](at::Tensor& of) {
    if (of.defined()) of = of.index_select(0, order);
  };
  if (part == Part::rates) {
    exchange(state.r);
  } else {
    exchange(state.u);
    exchange(state.x_s);
    for (auto& own : state.own) exchange(own);
  }
  return state;
}

/// Each sample's score, averaged over draws.
std::vector<double> scores_exchanged(const Subject& subject, const Batch& batch, std::int64_t end, Part part) {
  std::vector<double> sums(static_cast<std::size_t>(batch.x.size(1)), 0);
  const auto generator = make_generator(derived_seed(kExchange, static_cast<std::uint64_t>(part)));
  for (std::int64_t draw = 0; draw < kExchanges; ++draw) {
    const auto order = at::randperm(batch.x.size(1), generator, at::TensorOptions().dtype(at::kLong));
    std::int64_t t = 0;
    PassOptions options;
    options.intervene = [&](const State& after) { return ++t == end ? exchanged(after, part, order) : after; };
    const auto scores = subject.scores(batch, options);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += scores[i] / kExchanges;
  }
  return sums;
}

void add_exchange(const Subject& subject, const Batch& batch, std::int64_t end, Part part,
                  const std::vector<double>& whole, MemoryCarrier& carrier) {
  const auto scores = scores_exchanged(subject, batch, end, part);
  std::vector<double> costs(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) costs[i] = whole[i] - scores[i];
  const auto cost = mean_of(costs);
  carrier.shuffled = true;
  carrier.score = mean_of(scores).mean;
  carrier.cost = cost.mean;
  carrier.low = cost.mean - kNormal * cost.error;
  carrier.high = cost.mean + kNormal * cost.error;
  const double above = mean_of(whole).mean - subject.chance();
  // An error has no level of chance: what counts is how much worse it becomes.
  const double scale = subject.shape().score == ScoreKind::accuracy ? above : std::abs(mean_of(whole).mean);
  carrier.lost = scale > 0 ? cost.mean / scale : 0;
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string sentence_of(const std::string& verdict, const std::string& hidden) {
  if (verdict == "activity-silent")
    return "The memory is activity-silent: in " + hidden + ", and not in the rates, which tell next to nothing of it,";
  if (verdict == "activity") return "The memory lies in the activity: in the rates";
  if (verdict == "synapses")
    return "The memory is held by " + hidden + "; the rates tell the item too, but are not needed for it";
  if (verdict == "both") return "The memory is held by the rates and by " + hidden + " together: either is needed";
  if (verdict == "redundant")
    return "The memory lies in more than one place: the item is told, and no part alone is needed";
  return "Where the memory lies cannot be told";
}

std::string told(const std::string& what, const MemoryCarrier& carrier) {
  return fmt::format("{} {} (chance {}, at most {})", what, percent(carrier.decoded.share),
                     percent(carrier.decoded.chance), percent(carrier.decoded.upper_chance));
}

void add_row(FigureTable& figure, const std::string& label, const MemoryCarrier& carrier) {
  const double none = std::nan("");
  const auto tested = [&](double value) { return carrier.shuffled ? value : none; };
  figure.labels.push_back(label);
  figure.rows.push_back({carrier.decoded.share, carrier.decoded.chance, carrier.decoded.upper_chance,
                         tested(carrier.score), tested(carrier.cost), tested(carrier.low), tested(carrier.high),
                         tested(carrier.lost)});
}

/// What was found of a network.
struct Found {
  MemoryCarrier rates;
  std::optional<MemoryCarrier> hidden;
  std::optional<double> whole;  ///< score with nothing exchanged, where it was tested
  bool able = true;             ///< that is above chance
  std::int64_t samples = 0;
};

Found find_within_delay(const Subject& subject, const TrainedDelay& delay, const ExaminationOptions& options) {
  const auto batch = subject.test_batch(options.judged_samples);
  const auto items = Subject::items(batch);
  const auto state = state_after(subject, batch, delay.end);
  Found found;
  found.samples = items.numel();
  found.rates.decoded = decode(state.r, items, options.resamples, kPermutations);
  if (const auto hidden = hidden_of(state); hidden.defined())
    found.hidden = MemoryCarrier{decode(hidden, items, options.resamples, kPermutations)};
  if (!delay.own) return found;  // the read-out reads the rates then, and nothing is asked later
  const auto whole = subject.scores(batch, {});
  const auto score = mean_of(whole);
  found.whole = score.mean;
  if (subject.shape().score == ScoreKind::accuracy) found.able = score.mean - kNormal * score.error > subject.chance();
  add_exchange(subject, batch, delay.end, Part::rates, whole, found.rates);
  if (found.hidden) add_exchange(subject, batch, delay.end, Part::hidden, whole, *found.hidden);
  return found;
}

Found find_after_blanks(const Activity& activity, const ExaminationOptions& options) {
  const auto last = activity.r.size(0) - 1;
  Found found;
  found.samples = activity.items.numel();
  found.rates.decoded = decode(activity.r[last], activity.items, options.resamples, kPermutations);
  if (activity.synapses.defined())
    found.hidden = MemoryCarrier{decode(activity.synapses[last], activity.items, options.resamples, kPermutations)};
  return found;
}

}  // namespace

bool MemoryCarrier::needed() const { return shuffled && low > 0 && lost >= kNeeded; }

bool MemoryCarrier::tells() const {
  return decoded.beyond_chance() && decoded.share - decoded.chance >= kTold * (1 - decoded.chance);
}

std::string memory_verdict(const MemoryCarrier& rates, const MemoryCarrier* hidden) {
  const bool in_rates = rates.tells(), in_hidden = hidden != nullptr && hidden->tells();
  if (!rates.shuffled)
    return in_rates && in_hidden ? "redundant" : in_rates ? "activity" : in_hidden ? "activity-silent" : "undecided";
  const bool needs_rates = rates.needed(), needs_hidden = hidden != nullptr && hidden->needed();
  if ((needs_rates && !in_rates) || (needs_hidden && !in_hidden)) return "undecided";
  if (needs_rates && needs_hidden) return "both";
  if (needs_rates) return "activity";
  if (needs_hidden) return in_rates ? "synapses" : "activity-silent";
  return in_rates || in_hidden ? "redundant" : "undecided";
}

void add_memory_site(const Subject& subject, const Activity& activity, const ExaminationOptions& options,
                     Examination& examination) {
  at::NoGradGuard no_grad;
  if (!activity.items.defined()) return;
  const auto delay = subject.delay();
  const auto found =
      delay.steps() > 0 ? find_within_delay(subject, delay, options) : find_after_blanks(activity, options);
  const auto* hidden = found.hidden ? &*found.hidden : nullptr;
  const bool plastic = activity.synapses.defined();
  const std::string hidden_name = plastic ? "the synapses u·x" : "the model's own state";
  const auto verdict = found.able ? memory_verdict(found.rates, hidden) : "undecided";

  const auto blank = activity.times.back() - activity.fed;
  const auto when = delay.steps() > 0 ? fmt::format("at the end of the trained delay of {} steps", delay.steps())
                                      : fmt::format("after {} blank steps (the task has no delay)", blank);
  FigureTable figure{
      "memory_site",
      fmt::format("Where the item lies {}: told by a linear classifier, five-fold cross-validated on {} "
                  "samples, chance by {} permutations; and the score with the rates, or {}, exchanged "
                  "between trials at that moment",
                  when, found.samples, options.resamples, hidden_name),
      {"decoded", "chance", "chance, 97.5 %", "score when shuffled", "cost", "cost, low", "cost, high", "share lost"},
      {},
      {}};
  add_row(figure, "rates r", found.rates);
  if (hidden != nullptr) add_row(figure, plastic ? "synapses u·x" : "own state", *hidden);
  if (found.whole) figure.marks["whole"] = *found.whole;
  if (subject.shape().score == ScoreKind::accuracy) figure.marks["chance"] = subject.chance();
  examination.figures.push_back(std::move(figure));

  auto& numbers = examination.numbers;
  numbers["memory.decoded_rates"] = found.rates.decoded.share;
  numbers["memory.chance"] = found.rates.decoded.chance;
  numbers["memory.upper_chance"] = found.rates.decoded.upper_chance;
  if (found.whole) {
    numbers["memory.score"] = *found.whole;
    numbers["memory.score_rates_shuffled"] = found.rates.score;
    if (found.able) numbers["memory.lost_rates"] = found.rates.lost;
  }
  if (hidden != nullptr) {
    numbers["memory.decoded_synapses"] = hidden->decoded.share;
    numbers["memory.upper_chance_synapses"] = hidden->decoded.upper_chance;
    if (found.whole) {
      numbers["memory.score_synapses_shuffled"] = hidden->score;
      if (found.able) numbers["memory.lost_synapses"] = hidden->lost;
    }
  }
  examination.verdicts["memory"] = verdict;

  auto text = fmt::format("{} {}{}. {}", sentence_of(verdict, hidden_name), when,
                          found.able ? "" : ": the network does not do the task better than by chance",
                          told("The item is told from the rates in", found.rates));
  if (hidden != nullptr) text += ", " + told(fmt::format("from {} in", hidden_name), *hidden);
  if (found.whole) {
    const bool accuracy = subject.shape().score == ScoreKind::accuracy;
    const auto score = [&](double value) { return accuracy ? percent(value) : fmt::format("{:.4g}", value); };
    text += fmt::format("; the score of {} becomes {} with the rates exchanged between trials", score(*found.whole),
                        score(found.rates.score));
    if (hidden != nullptr) text += fmt::format(" and {} with {} exchanged", score(hidden->score), hidden_name);
  } else {
    text += "; nothing was exchanged between trials, so this is what is told and not what is used";
  }
  examination.findings.push_back(text + ".");
}

}  // namespace evobrnn
