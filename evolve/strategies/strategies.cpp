// SPDX-License-Identifier: Apache-2.0
/// The explicit list of strategies: one entry a strategy, nothing else to register.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/foreign_code.hpp"
#include "evolve/strategies/designs.hpp"
#include "evolve/strategies/ga.hpp"
#include "evolve/strategies/pagmo_strategies.hpp"

namespace evobrnn {

namespace {

std::vector<StrategyEntry> built_in_strategies() {
  return {
      {"ga",
       "Genetic algorithm: tournament, simulated binary crossover, polynomial mutation, elites, no candidate twice. "
       "The default.",
       true, true, 2, run_ga},
      {"gaco", "Extended ant colony optimisation of pagmo2 (Schlüter, Egea & Banga, 2009); strong on mixed integers.",
       true, true, 2, run_gaco},
      {"pso_gen", "Generational particle swarm of pagmo2 (Poli, Kennedy & Blackwell, 2007).", true, false, 2,
       run_pso_gen},
      {"cmaes", "Covariance matrix adaptation of pagmo2 (Hansen, 2006); best on few real genes.", false, false, 5,
       run_cmaes},
      {"de1220", "Self-adaptive differential evolution of pagmo2.", false, false, 7, run_de1220},
      {"random", "Uniform random candidates: the baseline that every search has to beat (Bergstra & Bengio, 2012).",
       true, true, 1, run_random},
      {"restarts",
       "Multi-start of gradient descent: without genes the settings as they stand, again and again on fresh seeds; "
       "with "
       "genes random start values, as random.",
       true, true, 1, run_restarts},
      {"sobol", "Sobol's sequence with a random shift: covers the space more evenly than random.", true, true, 1,
       run_sobol},
      {"grid", "Every combination of search.grid.points values a gene.", true, true, 1, run_grid},
      {"list", "The genomes of search.genomes or --genomes, and no others.", true, true, 1, run_list},
  };
}

/// pagmo2 says "function: …, where: …, what: …": the last is the reason, with its first line.
std::string plain_reason(std::string reason) {
  const std::string kWhat = "what: ";
  if (const auto at = reason.find(kWhat); at != std::string::npos) reason.erase(0, at + kWhat.size());
  reason.erase(0, reason.find_first_not_of(" \n\t"));
  reason.erase(std::min(reason.size(), reason.find('\n')));
  while (!reason.empty() && (reason.back() == '.' || reason.back() == ' ')) reason.pop_back();
  return reason.empty() ? "it gave no reason" : reason;
}

struct Registry {
  std::vector<StrategyEntry> entries = built_in_strategies();
  bool closed = false;
};

Registry& registry() {
  static Registry all;
  return all;
}

void check(const StrategyEntry& entry) {
  const auto refuse = [&entry](const std::string& rule) {
    throw std::invalid_argument("the strategy \"" + entry.name + "\" cannot be registered: " + rule);
  };
  if (entry.name.empty()) refuse("it has no name");
  if (!entry.run) refuse("it has no run");
  for (const auto& other : strategies()) {
    if (other.name == entry.name) refuse("the name is taken");
  }
  const auto section = "search." + entry.name + ".";
  for (const auto& setting : entry.own) {
    const auto value = convert(setting, setting.fallback);
    if (!setting.path.starts_with(section)) refuse("its setting " + setting.path + " must begin with " + section);
    if (setting.doc.empty()) refuse("its setting " + setting.path + " has no documentation");
    if (!value || broken_rule(setting, *value))
      refuse("the default of its setting " + setting.path + " must be " + rule_text(setting));
  }
}

}  // namespace

StrategyError::StrategyError(const std::string& strategy, const std::string& reason)
    : std::runtime_error("the strategy " + strategy + " could not go on: " + plain_reason(reason) +
                         ". What was evaluated is kept") {}

const std::vector<StrategyEntry>& strategies() { return registry().entries; }

void close_strategies() { registry().closed = true; }

void add_strategy(StrategyEntry entry) {
  if (registry().closed)
    throw std::logic_error("the strategy \"" + entry.name +
                           "\" is registered too late: settings have been read. Register first, then read settings");
  check(entry);
  note_registration("strategy", entry.name);
  registry().entries.push_back(std::move(entry));
}

Value own_setting(const SearchSettings& settings, const std::string& path) {
  if (const auto found = settings.own.find(path); found != settings.own.end()) return found->second;
  for (const auto& entry : strategies()) {
    for (const auto& setting : entry.own) {
      if (setting.path == path) return *convert(setting, setting.fallback);
    }
  }
  throw std::out_of_range("no registered strategy has a setting " + path);
}

const StrategyEntry& find_strategy(const std::string& name) {
  for (const auto& entry : strategies()) {
    if (entry.name == name) return entry;
  }
  throw std::out_of_range("no strategy named " + name);
}

std::int64_t planned_generations(const SearchSpace& space, const SearchSettings& settings, std::size_t first) {
  const auto batches = [&](double candidates) {
    return static_cast<std::int64_t>(std::ceil(candidates / static_cast<double>(settings.population)));
  };
  if (settings.strategy == "list") return batches(static_cast<double>(first));
  if (settings.strategy == "grid")
    return batches(static_cast<double>(first) + grid_size(space.genes(), settings.grid.points));
  return settings.generations;
}

}  // namespace evobrnn
