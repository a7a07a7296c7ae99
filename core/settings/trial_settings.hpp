// SPDX-License-Identifier: Apache-2.0
/// The settings of one trial. Meaning, unit, range and reason of each stand once, in trial_settings.cpp, from which
/// `evobrnn list settings` prints them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/settings/table.hpp"

namespace evobrnn {

struct ModelSettings {
  std::string name = "conductance";
  std::int64_t n = 100;
  std::string activation = "sigmoid";
  bool dale = true;
  std::string dale_projection = "abs";
  double ei_ratio = 0.9;
  std::string readout = "excitatory";
  std::string a_kind = "ei";
  double A = 0.4, A_E = 0.4, A_I = 0.4;
  double dt = 0.3;
  double z = 0.3;
  std::vector<std::string> trained;
  std::string init = "balanced";
  double gain = 5.0;
};

struct TaskSettings {
  std::string name = "digits";
  std::string layout = "rows";
  std::int64_t chunk = 28;
  std::int64_t train_samples = 0, validation_samples = 2000, test_samples = 0;
  std::int64_t data_seed = 0;
  double shift = 3.0, rotation = 15.0, noise = 0.15;                 // digits
  std::string train_images, train_labels, test_images, test_labels;  // idx
};

struct TrainSettings {
  std::string optimizer = "adam";
  double lr = 0.02;
  std::string schedule = "cosine";
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, momentum = 0.9;
  double clip = 1.0;
  std::int64_t batch = 64;
  std::int64_t epochs = 1, samples = 0;
  std::int64_t validate_every = 0, patience = 0;
  double time_limit = 0;
  std::string precision = "float32";
  std::string device = "cpu";
};

struct TrialSettings {
  ModelSettings model;
  TaskSettings task;
  TrainSettings train;
};

/// Every setting of a trial with its documentation, bound to the structs above.
const SettingsTable<TrialSettings>& trial_settings_table();

/// The rules between settings ("a_kind = ei needs dale = true"), as diagnostics without a place.
std::vector<Diagnostic> cross_check(const TrialSettings& settings);

}  // namespace evobrnn
