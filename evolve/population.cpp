// SPDX-License-Identifier: Apache-2.0
#include "evolve/population.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace evobrnn {
namespace {

TrialKey search_key(const std::string& text) { return {"search", text, 1, 0}; }

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

std::vector<double> PopulationEvaluation::evaluate_all(const std::vector<Proposal>& proposals) {
  std::vector<std::int64_t> ids;
  std::vector<TrialRequest> fresh;
  batch_.clear();
  for (const auto& proposal : proposals) {
    auto genome = plan_.space.canonical(proposal.genome);
    const auto text = plan_.space.text(genome);
    const auto known = known_id(text);
    ids.push_back(known ? *known : ++count_);
    if (known) continue;
    batch_[text] = count_;
    auto trial = request("search", text, 0);
    trial.candidate.genome = std::move(genome);
    trial.trial.id = ids.back();
    trial.trial.generation = generation_;
    trial.trial.parents = ids_of(proposal.parents);
    fresh.push_back(std::move(trial));
  }
  ledger_.note_proposals(generation_, proposed_, ids);
  proposed_ += static_cast<std::int64_t>(ids.size());
  runner_.run(fresh);
  for (const auto& trial : fresh) {
    fitness_.push_back(trial.finished ? fitness(trial.trial.result) : kPenalty);
    if (trial.finished) keep_best(trial.trial);
  }
  std::vector<double> answers;
  for (const auto id : ids) answers.push_back(fitness_.at(static_cast<std::size_t>(id - 1)));
  return answers;
}

/// In a replay the ledger also knows trials that this search has not come to yet: they are new.
std::optional<std::int64_t> PopulationEvaluation::known_id(const std::string& text) const {
  if (const auto here = batch_.find(text); here != batch_.end()) return here->second;
  const auto id = ledger_.id_of(search_key(text));
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

TrialRequest PopulationEvaluation::request(const std::string& role, const std::string& text,
                                           std::int64_t repeat) const {
  TrialRequest request;
  request.trial.key = {role, text, 1, repeat};
  request.trial.seed = trial_seed(static_cast<std::uint64_t>(plan_.settings.seed), request.trial.key);
  request.candidate.key = request.trial.key;
  request.candidate.seed = request.trial.seed;
  return request;
}

std::vector<std::int64_t> PopulationEvaluation::ids_of(const std::vector<Genome>& genomes) const {
  std::vector<std::int64_t> ids;
  for (const auto& genome : genomes) {
    const auto id = known_id(plan_.space.text(plan_.space.canonical(genome)));
    if (id && std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
  }
  return ids;
}

void PopulationEvaluation::end_generation() {
  runner_.end_generation(generation_);
  ++generation_;
  proposed_ = 0;
}

std::vector<FinalRow> PopulationEvaluation::final_tests() {
  if (!best_ || plan_.settings.final_seeds == 0) return {};
  std::vector<FinalRow> rows{{"champion", best_->key.genome, {}}};
  if (best_of_first_) rows.push_back({"generation0", best_of_first_->key.genome, {}});
  rows.push_back({"default", "{}", {}});

  std::vector<TrialRequest> requests;
  std::vector<std::int64_t> ids;
  for (const auto& row : rows) {
    for (std::int64_t repeat = 0; repeat < plan_.settings.final_seeds; ++repeat) {
      auto trial = request(row.role, row.genome, repeat);
      if (row.role != "default") trial.candidate.genome = plan_.space.parse(row.genome);
      trial.candidate.final = true;
      trial.trial.id = static_cast<std::int64_t>(fitness_.size() + requests.size()) + 1;
      trial.trial.generation = kFinalTests;
      ids.push_back(trial.trial.id);
      requests.push_back(std::move(trial));
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
