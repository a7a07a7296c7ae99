// SPDX-License-Identifier: Apache-2.0
/// What a search strategy is: it proposes genomes and is told how good they are.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "evolve/search_settings.hpp"
#include "evolve/search_space.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// A strategy that could not go on. what() names it and the reason, without the places in a library's source.
class StrategyError : public std::runtime_error {
 public:
  /// `reason`: what it threw.
  StrategyError(const std::string& strategy, const std::string& reason);
};

/// The fitness of a genome whose trial gave no score: finite, and worse than any honest one.
inline constexpr double kPenalty = 1e30;

/// A genome that a strategy wants to know the fitness of.
struct Proposal {
  Genome genome;                ///< canonical or not: equal networks are trained once
  std::vector<Genome> parents;  ///< the genomes it was bred from; empty where there are none
  std::int64_t repeat = 0;      ///< 0, 1, …: the same genome once more, on a fresh seed
};

/// Turns genomes into fitness. Every result is finite and is to be minimised; it never throws for what a trial did.
class Evaluation {
 public:
  virtual ~Evaluation() = default;
  /// The fitness of each proposal, in order. A genome that was evaluated before costs nothing. Once stopped() the
  /// answers are kPenalty.
  virtual std::vector<double> evaluate(const std::vector<Proposal>& proposals) = 0;
  /// Ends a generation: what was evaluated since the last call belongs to it. A generation without new trials counts
  /// too.
  virtual void end_generation() = 0;
  /// True when the search should end: the user stopped it or a limit was reached. Strategies look after every
  /// generation.
  virtual bool stopped() const = 0;
};

/// What a strategy is given. References outlive it.
struct StrategyContext {
  const SearchSpace& space;        ///< what is searched
  const SearchSettings& settings;  ///< population, generations, and the strategy's own section
  std::uint64_t seed = 0;          ///< the only source of chance
  std::vector<Genome> first;       ///< evaluated as first individuals, before the strategy's own
  Evaluation& evaluation;          ///< trains proposals
};

/// A strategy of the registry.
struct StrategyEntry {
  std::string name;   ///< what `search.strategy` says
  std::string doc;    ///< what it does, its source, when to use it
  bool batch = true;  ///< proposes a whole generation at once; else one trial at a time, so one worker is busy
  bool native_integers = true;                      ///< else integers are relaxed to reals and rounded
  std::int64_t smallest_population = 1;             ///< `search.population` must not be below
  std::function<void(const StrategyContext&)> run;  ///< the whole search: returns when it is over or stopped
  /// Settings that a user's strategy brings along, as "search.NAME.step"; read with own_setting().
  std::vector<Setting> own = {};
};

/// Every strategy, the default first, those of users last.
const std::vector<StrategyEntry>& strategies();
/// Registers a strategy of the user's own, before the settings of a search are first read. Throws std::logic_error
/// after that, and std::invalid_argument where the entry is no good: no name, or one that is taken; no run; a setting
/// of its own without documentation, with a default outside of its range, or outside of "search.NAME.".
void add_strategy(StrategyEntry entry);
/// The value of a setting that a registered strategy brought along. Throws std::out_of_range for others.
Value own_setting(const SearchSettings& settings, const std::string& path);
/// Called where the table of settings is made, which names the strategies: none can be added later.
void close_strategies();
/// Throws std::out_of_range for an unknown name.
const StrategyEntry& find_strategy(const std::string& name);

/// Generations that a search will have, at most: the settings' number, or what a fixed design (grid, list) comes to.
std::int64_t planned_generations(const SearchSpace& space, const SearchSettings& settings, std::size_t first);

}  // namespace evobrnn
