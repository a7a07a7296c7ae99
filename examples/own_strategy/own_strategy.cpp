// SPDX-License-Identifier: Apache-2.0
/// A strategy of our own: a (1 + λ) evolution strategy with a fixed step (Rechenberg, 1973). As a plugin it is there
/// for every search of the program: `evobrnn run search.toml --plugin libown_strategy.so`.
#include <algorithm>
#include <evobrnn/core/plugin.hpp>
#include <evobrnn/evolve/strategies/strategy.hpp>
#include <random>

using namespace evobrnn;

namespace {

/// The parent and λ children around it, a normal step of `sigma` of each gene's range away; the best is the next
/// parent.
void run(const StrategyContext& context) {
  const double sigma = std::get<double>(own_setting(context.settings, "search.one_plus_lambda.sigma"));
  const auto [low, high] = context.space.bounds(Codec::relaxed);
  std::mt19937_64 random(context.seed);
  std::normal_distribution<double> normal;
  auto parent = context.first.empty() ? context.space.lowest() : context.first.front();
  double best = context.evaluation.evaluate({{parent, {}}}).front();
  context.evaluation.end_generation();
  for (std::int64_t generation = 1; generation < context.settings.generations; ++generation) {
    if (context.evaluation.stopped()) return;
    std::vector<Proposal> children;
    const auto center = context.space.encode(parent, Codec::relaxed);
    for (std::int64_t child = 0; child < context.settings.population; ++child) {
      auto x = center;
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = std::clamp(x[i] + sigma * (high[i] - low[i]) * normal(random), low[i], high[i]);
      children.push_back({context.space.decode(x, Codec::relaxed), {parent}});
    }
    const auto fitness = context.evaluation.evaluate(children);
    const auto winner = std::min_element(fitness.begin(), fitness.end());
    if (*winner <= best) {
      best = *winner;
      parent = children[static_cast<std::size_t>(winner - fitness.begin())].genome;
    }
    context.evaluation.end_generation();
  }
}

Setting sigma() {
  Setting setting;
  setting.path = "search.one_plus_lambda.sigma";
  setting.fallback = 0.1;
  setting.low = 0;
  setting.high = 1;
  setting.low_open = true;
  setting.doc = "Standard deviation of a step, as a share of each gene's range.";
  return setting;
}

void add() {
  StrategyEntry entry;
  entry.name = "one_plus_lambda";
  entry.doc = "(1 + λ) evolution strategy with a fixed step (Rechenberg, 1973); population is λ.";
  entry.native_integers = false;
  entry.run = run;
  entry.own = {sigma()};
  add_strategy(entry);
}

}  // namespace

EVOBRNN_PLUGIN(add)
