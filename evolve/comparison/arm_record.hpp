// SPDX-License-Identifier: Apache-2.0
/// What the arms of a comparison did: the input of its statistics. Knows neither networks nor files.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evolve/search_space.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// What trainings cost.
struct Spending {
  std::int64_t trainings = 0;  ///< of candidates, failed ones too
  std::int64_t failed = 0;     ///< of those, without a score
  std::int64_t samples = 0;    ///< training samples seen
  double flops = 0;            ///< floating-point operations of training
  double wall_seconds = 0;     ///< summed over trainings
  double cpu_seconds = 0;      ///< summed over trainings
};

/// Sums, member by member.
Spending operator+(Spending left, const Spending& right);

/// One training of an arm's search.
struct SearchedCandidate {
  std::vector<double> genes;    ///< SearchSpace::unit()
  std::optional<double> score;  ///< of the validation; none where the training failed
  double flops = 0;             ///< of its training
};

/// One arm in one repetition: its whole procedure.
struct ArmRepeat {
  std::int64_t repeat = 0;                    ///< from 0
  std::optional<double> test;                 ///< mean over the final trainings that went well
  std::optional<double> validation;           ///< of the same trainings
  std::string problem;                        ///< why there is no test score
  std::vector<SearchedCandidate> candidates;  ///< in order of proposal
  /// (FLOPs spent so far, best validation score so far) after each validation that raised it, those of final trainings
  /// included.
  std::vector<std::pair<double, double>> progress;
  Spending search;                       ///< of the search
  Spending finals;                       ///< of the final trainings
  std::string champion;                  ///< its genome as text
  std::map<std::string, double> chosen;  ///< numeric hyperparameters that the search set, by settings path
  /// Hyperparameters that gradients trained in the final trainings: (start, end), end as the mean over them.
  std::map<std::string, std::pair<double, double>> trained;
  std::map<std::int64_t, double> finer_steps;  ///< divisor of the time step → mean test score
};

/// An arm with all its repetitions.
struct ArmRecord {
  std::string name;                ///< as the comparison's file calls it
  std::string how;                 ///< "gradient", "ga", "ga_then_gradient", "random", "fixed", …
  std::string doc;                 ///< what the arm is, in a sentence
  std::vector<Gene> genes;         ///< what its search sets
  std::vector<ArmRepeat> repeats;  ///< in order
};

}  // namespace evobrnn
