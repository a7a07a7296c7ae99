// SPDX-License-Identifier: Apache-2.0
#include "evolve/population.hpp"

#include <algorithm>
#include <exception>
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
    : plan_(plan), runner_(plan, ledger, executor, observer, stop) {}

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
  std::vector<std::size_t> positions;
  std::vector<TrialRequest> fresh;
  for (const auto& proposal : proposals) {
    auto genome = plan_.space.canonical(proposal.genome);
    const auto text = plan_.space.text(genome);
    const auto [known, is_new] = position_.try_emplace(text, position_.size());
    positions.push_back(known->second);
    if (!is_new) continue;
    auto trial = request("search", text, 0);
    trial.candidate.genome = std::move(genome);
    trial.trial.id = static_cast<std::int64_t>(known->second) + 1;
    trial.trial.generation = generation_;
    trial.trial.parents = ids_of(proposal.parents);
    fresh.push_back(std::move(trial));
  }
  runner_.run(fresh);
  for (auto& trial : fresh) {
    if (!trial.finished) trial.trial.result.status = TrialStatus::cancelled;
    trials_.push_back(std::move(trial.trial));
  }
  std::vector<double> answers;
  for (const auto position : positions) answers.push_back(fitness(trials_[position].result));
  return answers;
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
    const auto known = position_.find(plan_.space.text(plan_.space.canonical(genome)));
    if (known == position_.end()) continue;
    const auto id = static_cast<std::int64_t>(known->second) + 1;
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

void PopulationEvaluation::end_generation() {
  ++generation_;
  runner_.end_generation();
}

std::optional<LedgerTrial> PopulationEvaluation::best(std::optional<std::int64_t> generation) const {
  const LedgerTrial* best = nullptr;
  for (const auto& trial : trials_) {
    if (trial.result.status != TrialStatus::ok || (generation && trial.generation != *generation)) continue;
    if (!best || trial.result.score > best->result.score) best = &trial;
  }
  return best ? std::optional(*best) : std::nullopt;
}

std::vector<FinalRow> PopulationEvaluation::final_tests() {
  const auto champion = best();
  if (!champion || plan_.settings.final_seeds == 0) return {};
  std::vector<FinalRow> rows{{"champion", champion->key.genome, {}}};
  if (const auto first = best(0)) rows.push_back({"generation0", first->key.genome, {}});
  rows.push_back({"default", "{}", {}});

  std::vector<TrialRequest> requests;
  for (const auto& row : rows) {
    for (std::int64_t repeat = 0; repeat < plan_.settings.final_seeds; ++repeat) {
      auto trial = request(row.role, row.genome, repeat);
      if (row.role != "default") trial.candidate.genome = plan_.space.parse(row.genome);
      trial.candidate.final = true;
      trial.trial.id = static_cast<std::int64_t>(trials_.size() + requests.size()) + 1;
      trial.trial.generation = -1;
      requests.push_back(std::move(trial));
    }
  }
  runner_.begin_final_tests();
  runner_.run(requests);

  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].finished) return {};
    rows[i / static_cast<std::size_t>(plan_.settings.final_seeds)].trials.push_back(std::move(requests[i].trial));
  }
  return rows;
}

}  // namespace evobrnn
