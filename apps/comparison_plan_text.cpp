// SPDX-License-Identifier: Apache-2.0
#include "apps/comparison_plan_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/benchmark.hpp"
#include "evolve/comparison/comparison.hpp"
#include "evolve/executor.hpp"
#include "view/terminal.hpp"
#include "view/views.hpp"

namespace evobrnn {
namespace {

/// "30 to 140", or "1".
std::string trainings(const ComparisonPlan& plan, const ArmPlan& arm) {
  const auto& search = arm.experiment.search;
  if (arm.how == "fixed") return "1";
  if (plan.settings.flops <= 0)
    return fmt::format(
        "{}", planned_generations(arm.experiment.space, search, arm.experiment.first.size()) * search.population);
  const auto fewest = static_cast<std::int64_t>(search.flops / arm.dearest_flops),
             most = static_cast<std::int64_t>(search.flops / arm.cheapest_flops);
  return fewest == most ? fmt::format("{}", most) : fmt::format("{} to {}", fewest, most);
}

std::string genes(const ArmPlan& arm) {
  std::vector<std::string> names;
  for (const auto& gene : arm.experiment.space.genes()) names.push_back(gene.path);
  return names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "));
}

/// Seconds that one worker needs for all repetitions of the arm.
double seconds(const ComparisonPlan& plan, const ArmPlan& arm, DataStore& data) {
  constexpr double kTimed = 0.3;
  const auto timing = time_training_step(arm.experiment.base, data, kTimed);
  return static_cast<double>(plan.settings.repeats) * arm.most_flops / timing.counted_flops * timing.milliseconds /
         1000;
}

}  // namespace

void print_plan(const ComparisonPlan& plan, DataStore& data, bool estimate) {
  const auto& settings = plan.settings;
  if (!settings.question.empty()) fmt::print("{}\n", printable(settings.question));
  fmt::print("{}: {} arms, {} repetitions of each\n", printable_line(plan.name), plan.arms.size(), settings.repeats);
  double total = 0, time = 0;
  for (const auto& arm : plan.arms) {
    fmt::print("  {:<20} {:<17} {:.3g} FLOPs each: {} trainings search {}, then {} final\n", printable_line(arm.name),
               arm.how, arm.most_flops, trainings(plan, arm), genes(arm), arm.experiment.search.final_seeds);
    if (!arm.trained.empty())
      fmt::print("  {:<20} gradients train {}{}\n", "", fmt::join(arm.trained, ", "),
                 arm.how == "ga_then_gradient" ? " in the final trainings" : "");
    total += static_cast<double>(settings.repeats) * arm.most_flops;
    if (estimate) time += seconds(plan, arm, data);
  }
  fmt::print("{:.3g} FLOPs in all\n", total);
  if (const auto warning = out_of_reach(settings, plan.arms.size())) fmt::print("warning: {}\n", *warning);
  if (!estimate) return;
  const auto workers = worker_count(plan.arms.front().experiment.search.workers);
  fmt::print("about {} on {} worker{} of this machine\n", duration(time / static_cast<double>(workers)), workers,
             workers == 1 ? "" : "s");
}

}  // namespace evobrnn
