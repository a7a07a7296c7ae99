// SPDX-License-Identifier: Apache-2.0
#include "evolve/strategies/designs.hpp"

#include <boost/random/sobol.hpp>
#include <cmath>
#include <functional>
#include <set>

namespace evobrnn {
namespace {

constexpr int kAttempts = 1000;  // to draw a genome that is new

/// Evaluates what `next` gives, a generation of search.population at a time, context.first before it.
void run_design(const StrategyContext& context, std::int64_t count, const std::function<Genome(std::size_t)>& next) {
  const auto& first = context.first;
  std::size_t given = 0;
  const auto total = static_cast<std::size_t>(count);
  while (given < total && !context.evaluation.stopped()) {
    std::vector<Proposal> batch;
    const auto size = std::min(total - given, static_cast<std::size_t>(context.settings.population));
    for (std::size_t i = 0; i < size; ++i, ++given) {
      batch.push_back({given < first.size() ? first[given] : next(given - first.size()), {}});
    }
    context.evaluation.evaluate(batch);
    context.evaluation.end_generation();
  }
}

std::int64_t budget(const StrategyContext& context) {
  return std::max(context.settings.population * context.settings.generations,
                  static_cast<std::int64_t>(context.first.size()));
}

/// Values of one gene on the grid.
std::vector<Scalar> grid_values(const Gene& gene, std::int64_t points) {
  if (gene.kind == GeneKind::categorical) return gene.values;
  std::vector<Scalar> values;
  const bool logarithmic = gene.scale == GeneScale::log;
  const double low = logarithmic ? std::log(gene.low) : gene.low, high = logarithmic ? std::log(gene.high) : gene.high;
  for (std::int64_t i = 0; i < points; ++i) {
    const double x = std::lerp(low, high, static_cast<double>(i) / static_cast<double>(points - 1));
    const double number = std::clamp(logarithmic ? std::exp(x) : x, gene.low, gene.high);
    if (gene.kind == GeneKind::real) values.emplace_back(number);
    else values.emplace_back(static_cast<std::int64_t>(std::round(number)));
    if (values.size() > 1 && values.back() == values[values.size() - 2]) values.pop_back();
  }
  return values;
}

}  // namespace

RandomDesign::RandomDesign(const SearchSpace& space, std::uint64_t seed, const std::vector<Genome>& known)
    : space_(space), random_(seed) {
  for (const auto& genome : known) known_.insert(space_.text(space_.canonical(genome)));
}

Genome RandomDesign::next() {
  const auto [low, high] = space_.bounds(Codec::relaxed);
  Genome genome;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto x = low;
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = std::lerp(low[i], high[i], std::uniform_real_distribution<>(0, 1)(random_));
    genome = space_.decode(x, Codec::relaxed);
    if (known_.insert(space_.text(genome))) break;
  }
  return genome;
}

double grid_size(const std::vector<Gene>& genes, std::int64_t points) {
  double size = 1;
  for (const auto& gene : genes) {
    const auto values = gene.kind == GeneKind::real ? static_cast<double>(points)
                        : gene.kind == GeneKind::integer
                            ? std::min(static_cast<double>(points), gene.high - gene.low + 1)
                            : static_cast<double>(gene.values.size());
    size *= values;
  }
  return size;
}

std::vector<Genome> grid_genomes(const SearchSpace& space, std::int64_t points) {
  std::vector<std::vector<Scalar>> values;
  for (const auto& gene : space.genes()) values.push_back(grid_values(gene, points));
  std::vector<Genome> genomes;
  std::set<std::string> known;  // genes that do not apply make combinations equal
  std::vector<std::size_t> digit(values.size(), 0);
  for (bool more = true; more;) {
    Genome genome;
    for (std::size_t i = 0; i < digit.size(); ++i) genome.push_back(values[i][digit[i]]);
    genome = space.canonical(std::move(genome));
    if (known.insert(space.text(genome)).second) genomes.push_back(std::move(genome));
    auto i = digit.size();
    while (i > 0 && ++digit[i - 1] == values[i - 1].size()) digit[--i] = 0;
    more = i > 0;
  }
  return genomes;
}

void run_random(const StrategyContext& context) {
  RandomDesign random(context.space, context.seed, context.first);
  run_design(context, budget(context), [&random](std::size_t) { return random.next(); });
}

void run_restarts(const StrategyContext& context) {
  if (context.space.size() > 0) return run_random(context);
  const auto trainings = context.settings.population * context.settings.generations;
  for (std::int64_t repeat = 0; repeat < trainings && !context.evaluation.stopped();) {
    std::vector<Proposal> batch;
    for (std::int64_t i = 0; i < context.settings.population; ++i) batch.push_back({{}, {}, repeat++});
    context.evaluation.evaluate(batch);
    context.evaluation.end_generation();
  }
}

void run_sobol(const StrategyContext& context) {
  // Sobol's points, shifted around the unit cube by a random vector (Cranley & Patterson, 1976), so that seeds differ.
  const auto [low, high] = context.space.bounds(Codec::relaxed);
  boost::random::sobol points(low.size());
  std::mt19937_64 random(context.seed);
  std::vector<double> shift(low.size());
  for (auto& s : shift) s = std::uniform_real_distribution<>(0, 1)(random);
  run_design(context, budget(context), [&](std::size_t) {
    auto x = low;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double u =
          static_cast<double>(points()) / (static_cast<double>(boost::random::sobol::max()) + 1) + shift[i];
      x[i] = std::lerp(low[i], high[i], u - std::floor(u));
    }
    return context.space.decode(x, Codec::relaxed);
  });
}

void run_grid(const StrategyContext& context) {
  const auto genomes = grid_genomes(context.space, context.settings.grid.points);
  run_design(context, static_cast<std::int64_t>(context.first.size() + genomes.size()),
             [&genomes](std::size_t i) { return genomes[i]; });
}

void run_list(const StrategyContext& context) {
  run_design(context, static_cast<std::int64_t>(context.first.size()), [](std::size_t) { return Genome(); });
}

}  // namespace evobrnn
