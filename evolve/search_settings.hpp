// SPDX-License-Identifier: Apache-2.0
/// The settings of a search. Meaning, range and reason of each stand once, in search_settings.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Section [search.ga].
struct GaSettings {
  double crossover_probability = 0.9, crossover_eta = 15, mutation_probability = 0.25, mutation_eta = 10;
  std::int64_t tournament = 2, elites = 1;
};
/// Section [search.gaco].
struct GacoSettings {
  std::int64_t kernel = 0;
  double q = 1.0;
};
/// Section [search.cmaes].
struct CmaesSettings {
  double sigma0 = 0.3;
};
/// Section [search.pso_gen].
struct PsoSettings {
  double inertia = 0.7298, cognitive = 2.05, social = 2.05, max_velocity = 0.5;
};
/// Section [search.de1220].
struct De1220Settings {
  std::int64_t adaptation = 1;
};
/// Section [search.grid].
struct GridSettings {
  std::int64_t points = 3;
};

/// Section [failures]: what follows when a trial ends so.
struct FailureSettings {
  std::string diverged = "penalise", nan_input = "penalise", timeout = "penalise", out_of_memory = "penalise",
              crashed = "penalise", lost = "penalise", invalid = "penalise";
  std::int64_t retries = 1;
};
/// Section [final], beside seeds and samples.
struct FinalSettings {
  bool baselines = true;
  std::int64_t seed = 0;
  double flops = 0;
  std::vector<std::string> trained;
  bool finer_steps = false;
};
/// What time steps are divided by where their influence is checked.
inline constexpr std::array<std::int64_t, 2> kFinerSteps = {2, 4};

/// Section [run], its limits; 0: none.
struct LimitSettings {
  double max_seconds = 0;
  std::int64_t max_trials = 0;
  double max_flops = 0;
  double slower_than = 0;
  double trial_memory = 0;
};

/// Section [search], with those of the top level, [final] and [run]: all that a search adds to a trial's settings.
struct SearchSettings {
  std::string name = "run";  // top level
  std::int64_t seed = 1;     // top level
  std::string strategy = "ga";
  std::int64_t population = 20, generations = 10;
  double flops = 0;
  std::string genomes;  // CSV file of first individuals; for `list`: all of them
  bool defaults_first = false;
  GaSettings ga;                                       ///< of strategy `ga`
  GacoSettings gaco;                                   ///< of strategy `gaco`
  CmaesSettings cmaes;                                 ///< of strategy `cmaes`
  PsoSettings pso_gen;                                 ///< of strategy `pso_gen`
  De1220Settings de1220;                               ///< of strategy `de1220`
  GridSettings grid;                                   ///< of strategy `grid`
  std::int64_t final_seeds = 3, final_samples = 0;     // [final] seeds, samples
  FinalSettings finals;                                ///< the rest of [final]
  std::int64_t workers = 0;                            // [run] workers
  double memory = 0;                                   // [run] memory
  double checkpoint_seconds = 60, grace_seconds = 10;  // [run]
  std::string isolation = "thread";                    // [run] isolation
  LimitSettings limits;                                ///< the limits of [run]
  FailureSettings failures;                            ///< [failures]
  std::vector<std::string> plugins;                    // top level
  std::map<std::string, Value> own;  ///< of users' strategies, by path; those that are not there have their defaults
};

/// Every setting of a search with its documentation, bound to the struct above.
const SettingsTable<SearchSettings>& search_settings_table();

}  // namespace evobrnn
