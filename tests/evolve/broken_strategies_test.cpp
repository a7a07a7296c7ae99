// SPDX-License-Identifier: Apache-2.0
/// Strategies of a user's own with one deliberate defect each: the conformance kit must catch every one by the property
/// that it breaks, and pass the one without. A program of its own, so that they stay out of other suites.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "evolve/conformance.hpp"
#include "evolve/strategies/strategy.hpp"

namespace evobrnn {
namespace {

enum class Defect { none, draws_from_elsewhere, leaves_the_bounds, never_stops, looks_at_its_end, forgets_the_given };

/// Uniform random candidates.
void run_random_copy(const StrategyContext& context, Defect defect) {
  static std::mt19937_64 elsewhere(1);
  auto seed = context.seed;
  if (defect == Defect::looks_at_its_end) seed += static_cast<std::uint64_t>(context.settings.generations);
  std::mt19937_64 own(seed);
  auto& random = defect == Defect::draws_from_elsewhere ? elsewhere : own;
  const auto [low, high] = context.space.bounds(Codec::relaxed);
  auto given = context.first;
  if (defect == Defect::forgets_the_given) given.clear();
  for (std::int64_t g = 0; g < context.settings.generations; ++g) {
    if (context.evaluation.stopped() && defect != Defect::never_stops) return;
    std::vector<Proposal> batch;
    for (std::int64_t i = 0; i < context.settings.population; ++i) {
      if (!given.empty()) {
        batch.push_back({given.front(), {}});
        given.erase(given.begin());
        continue;
      }
      auto x = low;
      for (std::size_t k = 0; k < x.size(); ++k) x[k] = std::uniform_real_distribution<>(low[k], high[k])(random);
      auto genome = context.space.decode(x, Codec::relaxed);
      if (defect == Defect::leaves_the_bounds && i == 3) {
        for (auto& value : genome) {
          if (auto* real = std::get_if<double>(&value)) *real += 10;
        }
      }
      batch.push_back({genome, {}});
    }
    context.evaluation.evaluate(batch);
    context.evaluation.end_generation();
  }
}

const std::vector<std::tuple<Defect, std::string, std::string>> kDefects = {
    {Defect::draws_from_elsewhere, "draws_from_elsewhere", "TheSeedDecidesEveryProposal"},
    {Defect::draws_from_elsewhere, "draws_from_elsewhere", "IsTheSameWhenInterruptedAndResumed"},
    {Defect::leaves_the_bounds, "leaves_the_bounds", "EveryGenomeIsOneOfTheSpace"},
    {Defect::never_stops, "never_stops", "StopsWhenTold"},
    {Defect::looks_at_its_end, "looks_at_its_end", "HasTheSameFirstGenerationsWhateverTheirNumber"},
    {Defect::forgets_the_given, "forgets_the_given", "GivenGenomesComeFirst"},
};

void add(Defect defect, const std::string& name) {
  StrategyEntry entry;
  entry.name = name;
  entry.doc = "For tests.";
  entry.run = [defect](const StrategyContext& context) { run_random_copy(context, defect); };
  add_strategy(entry);
}

/// Registered before anything looks at the registry.
const bool kRegistered = [] {
  add(Defect::none, "sound");
  std::set<std::string> known;
  for (const auto& [defect, name, property] : kDefects) {
    if (known.insert(name).second) add(defect, name);
  }
  return true;
}();

TEST(BrokenStrategies, TheConformanceKitPassesTheOneWithoutADefect) {
  ASSERT_TRUE(kRegistered);
  for (const auto& finding : conformance::check_strategy("sound")) ADD_FAILURE() << to_text(finding);
}

/// Whether the property finds something wrong with the strategy.
bool catches(const std::string& property, const std::string& strategy) {
  for (const auto& check : conformance::strategy_checks(strategy)) {
    if (check.property == property && !conformance::findings_of(check).empty()) return true;
  }
  return false;
}

TEST(BrokenStrategies, EveryDefectIsCaughtByThePropertyThatItBreaks) {
  for (const auto& [defect, name, property] : kDefects)
    EXPECT_TRUE(catches(property, name)) << name << " is not caught by " << property;
}

}  // namespace
}  // namespace evobrnn
