// SPDX-License-Identifier: Apache-2.0
/// A comparison file: common settings, [compare], and arms, each with settings over the common ones.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "apps/experiment_file.hpp"
#include "evolve/comparison/comparison_settings.hpp"

namespace evobrnn {

struct ComparisonSource {
  std::filesystem::path file;
  std::string profile;                 ///< name under [profiles]; empty where the file has none
  std::vector<std::string> overrides;  ///< "path=value", the last one wins
  CodeUse code = CodeUse::user;
};

struct ArmPlan {
  std::string name, how, doc;
  Document document;                 ///< its settings file, but for name and seeds, which differ between repetitions
  Experiment experiment;             ///< of the first repetition
  std::vector<std::string> trained;  ///< hyperparameters that gradients set, in its search or in the final trainings
  double least_flops = 0, most_flops = 0;        ///< of one repetition, by prediction
  double cheapest_flops = 0, dearest_flops = 0;  ///< of one training of its search, at the ends of the genes' ranges
};

struct ComparisonPlan {
  std::string name;
  std::int64_t seed = 1;
  ComparisonSettings settings;
  std::vector<ArmPlan> arms;
  std::string toml;  ///< with profile and overrides worked in; reads back as this plan
};

/// Sizes of a task; throws DataError.
using ShapeOf = std::function<TaskShape(const TaskSettings&)>;

/// Throws SettingsError with every mistake of the file, and where the arms' budgets cannot be equal.
ComparisonPlan load_comparison(const ComparisonSource& source, const ShapeOf& shape_of);

/// The settings of one repetition (from 0) of one arm: an ordinary run.
Experiment experiment_of(const ComparisonPlan& plan, const ArmPlan& arm, std::int64_t repeat);

}  // namespace evobrnn
