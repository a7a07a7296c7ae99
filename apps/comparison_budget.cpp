// SPDX-License-Identifier: Apache-2.0
#include "apps/comparison_budget.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evobrnn {
namespace {

constexpr std::int64_t kOpenEnd = 1000000;  // generations: the budget ends the search

/// FLOPs of the cheapest and of the dearest candidate, as far as the ends of the genes' ranges tell.
std::pair<double, double> candidate_cost(const Experiment& experiment, const TaskShape& shape, bool final) {
  const auto cost = [&](const Genome& genome) {
    return predicted_flops(trial_spec(experiment, {genome, {"", "", 1, 0}, 0, final}).settings, shape);
  };
  return std::minmax(cost(experiment.space.lowest()), cost(experiment.space.highest()));
}

}  // namespace

void set_budget(const ComparisonPlan& plan, ArmPlan& arm, const ShapeOf& shape_of) {
  auto& document = arm.document;
  const auto experiment = experiment_of(plan, arm, 0);
  auto samples = experiment.base.train.samples;
  if (samples == 0) {
    samples = experiment.base.train.epochs * shape_of(experiment.base.task).train;
    replace_entry(document, {"train.samples", samples, "compare"});
  }
  const double flops = plan.settings.flops;
  if (flops <= 0) return;
  replace_entry(document, {"search.flops", flops * plan.settings.search_share, "compare"});
  const bool ends_itself = arm.how == "grid" || arm.how == "list" || arm.how == "fixed";
  if (!ends_itself && !find_entry(document, "search.generations"))
    replace_entry(document, {"search.generations", kOpenEnd, "compare"});
  if (experiment.search.final_samples == 0) replace_entry(document, {"final.flops", flops, "compare"});
}

void predict_cost(const ComparisonPlan& plan, ArmPlan& arm, const TaskShape& shape) {
  const auto& search = arm.experiment.search;
  const auto [cheap, dear] = candidate_cost(arm.experiment, shape, false);
  const auto [final_cheap, final_dear] = candidate_cost(arm.experiment, shape, true);
  const auto seeds = static_cast<double>(search.final_seeds);
  arm.dearest_flops = dear;
  arm.cheapest_flops = cheap;
  if (search.finals.flops > 0) {
    arm.least_flops = arm.most_flops = search.finals.flops;
  } else if (plan.settings.flops > 0) {
    arm.least_flops = std::max(0.0, search.flops - dear) + seeds * final_cheap;
    arm.most_flops = search.flops + seeds * final_dear;
  } else {
    const auto generations = planned_generations(arm.experiment.space, search, arm.experiment.first.size());
    const auto trials = static_cast<double>(generations * search.population);
    arm.least_flops = trials * cheap + seeds * final_cheap;
    arm.most_flops = trials * dear + seeds * final_dear;
  }
}

std::vector<Diagnostic> unequal_budgets(const ComparisonPlan& plan, const std::string& file) {
  std::vector<Diagnostic> mistakes;
  for (const auto& arm : plan.arms) {
    if (const double budget = arm.experiment.search.flops; budget > 0 && arm.dearest_flops > budget)
      mistakes.push_back({file, "compare.flops", fmt::format("{:g}", plan.settings.flops),
                          fmt::format("is too small: one training of arm {} may take {:.3g}, and its search has {:.3g}",
                                      arm.name, arm.dearest_flops, budget)});
  }
  double least = plan.arms.front().least_flops, most = 0;
  std::string costs;
  for (const auto& arm : plan.arms) {
    least = std::min(least, arm.least_flops);
    most = std::max(most, arm.most_flops);
    costs += fmt::format("\n  {}: {:.3g} to {:.3g}", arm.name, arm.least_flops, arm.most_flops);
  }
  if (plan.settings.unequal == "refuse" && most > least * (1 + kEqualShare))
    mistakes.push_back(
        {file, "compare.unequal", "refuse",
         fmt::format("the arms cannot get equal budgets within {:g} %. FLOPs of one repetition:{}\nSet compare.flops "
                     "(and leave final.samples unset, so that the final trainings use up what is left), or say "
                     "compare.unequal = \"report\"",
                     100 * kEqualShare, costs)});
  return mistakes;
}

}  // namespace evobrnn
