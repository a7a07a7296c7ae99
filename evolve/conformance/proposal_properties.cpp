// SPDX-License-Identifier: Apache-2.0
/// What a strategy proposes, asked directly, with no search around it.
#include <algorithm>
#include <cmath>
#include <limits>

#include "evolve/conformance/strategy_properties.hpp"

namespace evobrnn::conformance {
namespace {

/// The gene's rule that `value` breaks; empty where it is a value of the gene.
std::string broken_rule(const Gene& gene, const Scalar& value) {
  if (gene.kind == GeneKind::categorical)
    return std::find(gene.values.begin(), gene.values.end(), value) == gene.values.end() ? "one of its values" : "";
  const auto* real = std::get_if<double>(&value);
  const auto* integer = std::get_if<std::int64_t>(&value);
  if (gene.kind == GeneKind::real ? !real : !integer) return gene.kind == GeneKind::real ? "a real" : "an integer";
  const double number = real ? *real : static_cast<double>(*integer);
  if (number >= gene.low && number <= gene.high) return "";
  return "in [" + number_text(gene.low) + ", " + number_text(gene.high) + "]";
}

/// Answers with a smooth function of the genome, and keeps what it was asked.
class Recorder final : public Evaluation {
 public:
  Recorder(const SearchSpace& space, std::int64_t stop_after, Findings& findings)
      : space_(space), stop_after_(stop_after), findings_(findings) {}

  std::vector<double> evaluate(const std::vector<Proposal>& proposals) override {
    std::vector<double> fitness;
    batches.push_back(proposals.size());
    for (const auto& proposal : proposals) {
      fitness.push_back(fitness_of(proposal.genome));
      texts.push_back(space_.text(proposal.genome) + " " + std::to_string(proposal.repeat));
    }
    return fitness;
  }
  void end_generation() override { ++generations; }
  bool stopped() const override { return generations >= stop_after_; }

  std::vector<std::string> texts;
  std::vector<std::size_t> batches;
  std::int64_t generations = 0;

 private:
  double fitness_of(const Genome& genome) {
    const auto& genes = space_.genes();
    if (!findings_.expect(genome.size() == genes.size(), "a proposed genome", std::to_string(genes.size()) + " genes",
                          std::to_string(genome.size())))
      return kPenalty;
    for (std::size_t i = 0; i < genes.size(); ++i) {
      const auto rule = broken_rule(genes[i], genome[i]);
      findings_.expect(rule.empty(), genes[i].path + " of a proposed genome", rule, evobrnn::to_text(genome[i]));
    }
    double sum = 0;
    for (const double place : space_.unit(genome)) sum += (place - 0.6) * (place - 0.6);
    return sum;
  }

  const SearchSpace& space_;
  const std::int64_t stop_after_;
  Findings& findings_;
};

/// Runs the strategy alone for ten generations of ten.
Recorder asked(const std::string& strategy, const Problem& problem, Findings& findings, std::uint64_t seed = 5,
               std::int64_t stop_after = std::numeric_limits<std::int64_t>::max(), std::vector<Genome> first = {}) {
  auto plan = plan_of(problem, strategy);
  plan.settings.population = plan.settings.generations = 10;
  if (first.empty()) first = plan.first;
  Recorder recorder(plan.space, stop_after, findings);
  find_strategy(strategy).run({plan.space, plan.settings, seed, std::move(first), recorder});
  return recorder;
}

std::int64_t planned(const std::string& strategy, const Problem& problem) {
  auto plan = plan_of(problem, strategy);
  plan.settings.population = plan.settings.generations = 10;
  return planned_generations(plan.space, plan.settings, plan.first.size());
}

void seed_decides(const std::string& strategy, const Problem& problem, Findings& findings) {
  const auto proposals = asked(strategy, problem, findings).texts, again = asked(strategy, problem, findings).texts;
  findings.expect_equal("proposals of the same seed again", static_cast<double>(again.size()),
                        static_cast<double>(proposals.size()));
  const auto [one, other] = std::mismatch(proposals.begin(), proposals.end(), again.begin(), again.end());
  if (one != proposals.end() && other != again.end())
    findings.expect(false, "proposal " + std::to_string(one - proposals.begin() + 1) + " of the same seed again", *one,
                    *other);
}

void genomes_are_of_the_space(const std::string& strategy, const Problem& problem, Findings& findings) {
  for (const std::uint64_t seed : {1, 2, 3}) asked(strategy, problem, findings, seed);  // the recorder looks at each
}

void generations_as_planned(const std::string& strategy, const Problem& problem, Findings& findings) {
  findings.expect_equal("generations", static_cast<double>(asked(strategy, problem, findings).generations),
                        static_cast<double>(planned(strategy, problem)));
}

void whole_generations(const std::string& strategy, const Problem& problem, Findings& findings) {
  const auto batches = asked(strategy, problem, findings).batches;
  if (!findings.expect(!batches.empty(), "proposals", "some", "none")) return;
  // The first generation is a batch for all.
  const auto largest = *std::max_element(batches.begin() + (batches.size() > 1 ? 1 : 0), batches.end());
  if (find_strategy(strategy).batch)
    findings.expect(largest > 1, "the largest batch of a strategy with batch = true", "several proposals",
                    std::to_string(largest));
  else
    findings.expect(largest == 1, "the largest batch of a strategy with batch = false", "1 proposal",
                    std::to_string(largest));
}

void stops(const std::string& strategy, const Problem& problem, Findings& findings) {
  findings.expect_equal("generations where it is stopped after the first",
                        static_cast<double>(asked(strategy, problem, findings, 5, 1).generations), 1);
}

void given_genomes_first(const std::string& strategy, const Problem& problem, Findings& findings) {
  const std::vector<Genome> first(problem.first.begin(), problem.first.begin() + 2);
  const auto proposals = asked(strategy, problem, findings, 5, 1, first).texts;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto expected = problem.space.text(first[i]) + " 0";
    findings.expect(i < proposals.size() && proposals[i] == expected, "proposal " + std::to_string(i + 1), expected,
                    i < proposals.size() ? proposals[i] : "nothing");
  }
}

}  // namespace

const std::vector<StrategyProperty>& proposal_properties() {
  static const std::vector<StrategyProperty> list = {
      {"TheSeedDecidesEveryProposal", seed_decides},
      {"EveryGenomeIsOneOfTheSpace", genomes_are_of_the_space},
      {"HasAsManyGenerationsAsPlanned", generations_as_planned},
      {"ProposesWholeGenerationsWhereItSaysSo", whole_generations},
      {"StopsWhenTold", stops},
      {"GivenGenomesComeFirst", given_genomes_first},
  };
  return list;
}

}  // namespace evobrnn::conformance
