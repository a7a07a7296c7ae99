// SPDX-License-Identifier: Apache-2.0
/// Which networks the words of a command line mean.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace evobrnn {

struct ExaminedNetwork {
  std::string group;  ///< networks of one group are replicates: a run's champion on fresh seeds, a comparison's arm
  std::int64_t number = 0;  ///< within the group, from 1
  TrialSpec spec;
  std::filesystem::path weights;
  double training_seconds = 0;        ///< 0: not known
  std::filesystem::path data_folder;  ///< that its run had; empty: the default one
};

/// The networks of a run (its champion, one a final seed), a comparison (each arm, each repetition), the folder of
/// `evobrnn train`, or a file of weights with its config.json. Groups of different inputs that would have one name are
/// told apart by a number. Throws UsageError, SettingsError or DataError.
std::vector<ExaminedNetwork> find_networks(const std::vector<std::filesystem::path>& inputs);

}  // namespace evobrnn
