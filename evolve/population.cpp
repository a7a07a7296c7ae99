// SPDX-License-Identifier: Apache-2.0
#include "evolve/population.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

#include "evolve/prediction.hpp"

namespace evobrnn {
namespace {

double fitness(const TrialResult& result) {
  if (result.status != TrialStatus::ok) return kPenalty;
  return std::clamp(-result.score, -kPenalty, kPenalty);
}

}  // namespace

PopulationEvaluation::PopulationEvaluation(const SearchPlan& plan, Ledger& ledger, Executor& executor,
                                           SearchObserver& observer, const std::atomic<bool>& stop)
    : plan_(plan), ledger_(ledger), runner_(plan, ledger, executor, observer, stop) {}

std::vector<double> PopulationEvaluation::evaluate(const std::vector<Proposal>& proposals) {
  if (!stopped()) {
    try {
      return evaluate_all(proposals);
    } catch (...) {
      runner_.fail(std::current_exception());
    }
  }
  return std::vector<double>(proposals.size(), kPenalty);
}

bool PopulationEvaluation::affords(const Candidate& candidate) {
  const double budget = plan_.settings.flops;
  if (budget <= 0) return true;
  const double cost = expected_cost(plan_, candidate);
  if (charged_ + expected_ + cost > budget) exhausted_ = true;
  if (!exhausted_) expected_ += cost;
  return !exhausted_;
}

double PopulationEvaluation::charge_of_failed(double cost) const {
  constexpr double kMost = 1000;  // failures that a budget lasts for where none of them could say what it costs
  return cost > 0 ? cost : plan_.settings.flops / kMost;
}

std::vector<double> PopulationEvaluation::evaluate_all(const std::vector<Proposal>& proposals) {
  constexpr std::int64_t kNotAfforded = 0;
  std::vector<std::int64_t> answered, ids;  // by each proposal; and those of them that are trials
  std::vector<TrialRequest> fresh;
  batch_.clear();
  for (const auto& proposal : proposals) {
    auto genome = plan_.space.canonical(proposal.genome);
    const TrialKey key{"search", plan_.space.text(genome), 1, proposal.repeat};
    auto id = known_id(key);
    if (!id) {
      auto trial = request(key);
      trial.candidate.genome = std::move(genome);
      if (!affords(trial.candidate)) {
        answered.push_back(kNotAfforded);
        continue;
      }
      id = ++count_;
      batch_[{key.genome, key.repeat}] = *id;
      trial.trial.id = *id;
      trial.trial.generation = generation_;
      trial.trial.parents = ids_of(proposal.parents);
      fresh.push_back(std::move(trial));
    }
    answered.push_back(*id);
    ids.push_back(*id);
  }
  ledger_.note_proposals(generation_, proposed_, ids);
  proposed_ += static_cast<std::int64_t>(ids.size());
  if (!fresh.empty()) barren_ = 0;
  runner_.run(fresh);
  expected_ = 0;
  for (const auto& trial : fresh) {
    fitness_.push_back(trial.finished ? fitness(trial.trial.result) : kPenalty);
    if (!trial.finished) continue;
    const double spent = plan_.cost ? trial.trial.result.cost.flops : 1;
    spent_ += spent;
    // Trainings that fail at once cost next to nothing, and a search all of whose trainings do would never end.
    charged_ += trial.trial.result.status == TrialStatus::ok ? spent : std::max(spent, charge_of_failed(trial.cost));
    keep_best(trial.trial);
  }
  std::vector<double> answers;
  for (const auto id : answered)
    answers.push_back(id == kNotAfforded ? kPenalty : fitness_.at(static_cast<std::size_t>(id - 1)));
  return answers;
}

std::optional<std::int64_t> PopulationEvaluation::known_id(const TrialKey& key) const {
  if (const auto here = batch_.find({key.genome, key.repeat}); here != batch_.end()) return here->second;
  const auto id = ledger_.id_of(key);
  return id && *id <= count_ ? id : std::nullopt;
}

void PopulationEvaluation::keep_best(const LedgerTrial& trial) {
  if (trial.result.status != TrialStatus::ok) return;
  const auto beats = [&trial](const std::optional<LedgerTrial>& best) {
    return !best || trial.result.score > best->result.score;
  };
  if (beats(best_)) best_ = trial;
  if (trial.generation == 0 && beats(best_of_first_)) best_of_first_ = trial;
}

TrialRequest PopulationEvaluation::request(const TrialKey& key) const {
  TrialRequest request;
  request.trial.key = request.candidate.key = key;
  request.trial.seed = request.candidate.seed = seed_of(plan_.settings, key);
  return request;
}

std::vector<std::int64_t> PopulationEvaluation::ids_of(const std::vector<Genome>& genomes) const {
  std::vector<std::int64_t> ids;
  for (const auto& genome : genomes) {
    const auto id = known_id({"search", plan_.space.text(plan_.space.canonical(genome)), 1, 0});
    if (id && std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
  }
  return ids;
}

void PopulationEvaluation::end_generation() {
  constexpr std::int64_t kBarren = 100;  // a search by budget alone would else go on for ever in a small space
  runner_.end_generation(generation_);
  ++generation_;
  proposed_ = 0;
  if (plan_.settings.flops > 0 && ++barren_ > kBarren) exhausted_ = true;
}

std::vector<FinalRow> PopulationEvaluation::final_rows() const {
  std::vector<FinalRow> rows{{"champion", best_->key.genome, {}}};
  if (!plan_.settings.finals.baselines) return rows;
  if (best_of_first_) rows.push_back({"generation0", best_of_first_->key.genome, {}});
  if (plan_.defaults) rows.push_back({"default", "{}", {}});
  return rows;
}

double PopulationEvaluation::final_fidelity(const FinalRow& row) const {
  const auto& settings = plan_.settings;
  if (settings.finals.flops <= 0) return 1;
  Candidate full{std::nullopt, {row.role, row.genome, 1, 0}, 0, true};
  full.genome = plan_.space.parse(row.genome);
  const auto cost = [&](double fidelity) {
    full.key.fidelity = fidelity;
    return static_cast<double>(settings.final_seeds) * expected_cost(plan_, full);
  };
  const double left = settings.finals.flops - spent_, all = cost(1);
  if (!(all > 0)) return 1;
  const double share = left / all;
  if (!(share > 0) || cost(2) == all) return share;
  // Validations are no part of a sample: the longest training that is paid for is looked for.
  double low = 0, high = share;
  constexpr double kLongest = 1e9;
  while (high < kLongest && cost(high) <= left) low = std::exchange(high, 2 * high);
  constexpr int kHalvings = 40;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (cost(middle) <= left ? low : high) = middle;
  }
  return low > 0 ? low : high;
}

TrialRequest PopulationEvaluation::final_request(const FinalRow& row, std::int64_t repeat) const {
  auto trial = request({row.role, row.genome, final_fidelity(row), repeat});
  if (row.role != "default") trial.candidate.genome = plan_.space.parse(row.genome);
  trial.candidate.final = true;
  trial.trial.generation = kFinalTests;
  return trial;
}

std::vector<FinalRow> PopulationEvaluation::final_tests() {
  if (!best_ || plan_.settings.final_seeds == 0) return {};
  auto rows = final_rows();
  std::vector<TrialRequest> requests;
  std::vector<std::int64_t> ids;
  for (const auto& row : rows) {
    for (std::int64_t repeat = 0; repeat < plan_.settings.final_seeds; ++repeat) {
      requests.push_back(final_request(row, repeat));
      ids.push_back(static_cast<std::int64_t>(fitness_.size() + requests.size()));
      requests.back().trial.id = ids.back();
    }
  }
  runner_.begin_final_tests();
  ledger_.note_proposals(kFinalTests, 0, ids);
  runner_.run(requests);

  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].finished) return {};
    rows[i / static_cast<std::size_t>(plan_.settings.final_seeds)].trials.push_back(std::move(requests[i].trial));
  }
  ledger_.finish_generation(kFinalTests);
  return rows;
}

}  // namespace evobrnn
