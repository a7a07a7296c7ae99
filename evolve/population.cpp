// SPDX-License-Identifier: Apache-2.0
#include "evolve/population.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

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

bool PopulationEvaluation::affords(double cost) {
  const double budget = plan_.settings.flops;
  if (budget > 0 && spent_ + expected_ + cost > budget) exhausted_ = true;
  if (!exhausted_) expected_ += cost;
  return !exhausted_;
}

std::vector<double> PopulationEvaluation::evaluate_all(const std::vector<Proposal>& proposals) {
  constexpr auto kNotAfforded = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> positions;
  std::vector<std::int64_t> ids;
  std::vector<TrialRequest> fresh;
  for (const auto& proposal : proposals) {
    auto genome = plan_.space.canonical(proposal.genome);
    const auto text = plan_.space.text(genome);
    const auto known = position_.find({text, proposal.repeat});
    if (known == position_.end()) {
      auto trial = request({"search", text, 1, proposal.repeat});
      trial.candidate.genome = std::move(genome);
      positions.push_back(affords(plan_.cost ? plan_.cost(trial.candidate) : 1) ? position_.size() : kNotAfforded);
      if (exhausted_) continue;
      position_.emplace(std::pair(text, proposal.repeat), positions.back());
      trial.trial.id = static_cast<std::int64_t>(position_.size());
      trial.trial.generation = generation_;
      trial.trial.parents = ids_of(proposal.parents);
      fresh.push_back(std::move(trial));
    } else {
      positions.push_back(known->second);
    }
    ids.push_back(static_cast<std::int64_t>(positions.back()) + 1);
  }
  ledger_.note_proposals(generation_, proposed_, ids);
  proposed_ += static_cast<std::int64_t>(ids.size());
  if (!fresh.empty()) barren_ = 0;
  runner_.run(fresh);
  expected_ = 0;
  for (const auto& trial : fresh) {
    fitness_.push_back(trial.finished ? fitness(trial.trial.result) : kPenalty);
    if (!trial.finished) continue;
    spent_ += plan_.cost ? trial.trial.result.cost.flops : 1;
    keep_best(trial.trial);
  }
  std::vector<double> answers;
  for (const auto position : positions) answers.push_back(position == kNotAfforded ? kPenalty : fitness_[position]);
  return answers;
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
  request.trial.seed = request.candidate.seed = trial_seed(static_cast<std::uint64_t>(plan_.settings.seed), key);
  return request;
}

std::vector<std::int64_t> PopulationEvaluation::ids_of(const std::vector<Genome>& genomes) const {
  std::vector<std::int64_t> ids;
  for (const auto& genome : genomes) {
    const auto known = position_.find({plan_.space.text(plan_.space.canonical(genome)), 0});
    if (known == position_.end()) continue;
    const auto id = static_cast<std::int64_t>(known->second) + 1;
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
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
  rows.push_back({"default", "{}", {}});
  return rows;
}

double PopulationEvaluation::final_fidelity(const FinalRow& row) const {
  const auto& settings = plan_.settings;
  if (settings.finals.flops <= 0) return 1;
  Candidate full{std::nullopt, {row.role, row.genome, 1, 0}, 0, true};
  full.genome = plan_.space.parse(row.genome);
  const double all = static_cast<double>(settings.final_seeds) * (plan_.cost ? plan_.cost(full) : 1);
  return (settings.finals.flops - spent_) / all;
}

TrialRequest PopulationEvaluation::final_request(const FinalRow& row, std::int64_t repeat) const {
  auto trial = request({row.role, row.genome, final_fidelity(row), repeat});
  if (const auto seed = static_cast<std::uint64_t>(plan_.settings.finals.seed); seed > 0)
    trial.trial.seed = trial.candidate.seed = trial_seed(seed, {"final", "", 1, repeat});
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
