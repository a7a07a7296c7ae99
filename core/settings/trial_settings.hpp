// SPDX-License-Identifier: Apache-2.0
/// The settings of one trial. Meaning, unit, range and reason of each stand once, in {model,task,train}_settings.cpp,
/// from which `evobrnn list settings` prints them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/settings/table.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Values of settings that a user's model or task brought along (CatalogueEntry::own), by path; those that are not
/// there have their defaults.
using OwnSettings = std::map<std::string, Value>;

/// Section [model].
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
  bool as_coded = false;
  double z = 0.3;
  double z_lo = 0.005, z_hi = 1.0;
  std::string stp_constants = "trained";
  double stp_dt = 1.0;
  double U = 0.45, z_u = 0.2, z_x = 0.5;
  double dt_ms = 20.0;
  std::vector<std::string> trained;
  std::string init = "balanced";
  double gain = 5.0;
  double spectral_radius = 0;
  double density = 1, input_density = 1;
  bool autapses = true;
  double recurrent_noise = 0, input_noise = 0;
  OwnSettings own;  ///< of a registered model
};

/// The value of a setting that stands for what the publication of the task says.
inline constexpr double kPublished = -1;

/// Section [task].
struct TaskSettings {
  std::string name = "digits";
  std::string layout = "rows";
  std::int64_t chunk = 28, stride = 0;
  std::string order = "raster";
  std::int64_t permutation_seed = 0;
  std::int64_t train_samples = 0, validation_samples = 2000, test_samples = 0;
  std::int64_t data_seed = 0;
  double shift = 3.0, rotation = 15.0, noise = 0.15;                 // digits
  std::string train_images, train_labels, test_images, test_labels;  // idx
  std::string file, test_file;                                       // sequences
  // Manipulations of any task's sequences.
  std::string manipulate = "always";
  double input_noise = 0;
  std::int64_t crop_start = 0, crop = 0;
  double input_fraction = 1;
  std::string after_input = "zeros";
  double after_input_sd = 1;
  std::int64_t gap = 0, blank_delay = 0;
  double reset_at = 0;
  // Working memory; kPublished: the value of the task's publication.
  double dt_ms = 20;
  double fixation_ms = kPublished, sample_ms = kPublished, delay_ms = kPublished, test_ms = kPublished,
         response_ms = kPublished, grace_ms = 50;
  std::int64_t directions = static_cast<std::int64_t>(kPublished), input_units = 24;
  double tuning_height = 4, tuning_width = 2;
  std::int64_t tests = 3;
  double repeat_probability = 0.5, evidence_noise = 0.14;
  std::int64_t steps = static_cast<std::int64_t>(kPublished);
  std::int64_t bits = 3;
  double pulse_probability = 0.5;
  std::int64_t alphabet = 8, recall = 10;
  OwnSettings own;  ///< of a registered task
};

/// Section [train].
struct TrainSettings {
  std::string optimizer = "adam";
  double lr = 0.02;
  std::string schedule = "cosine";
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, momentum = 0.9;
  double clip = 1.0;
  double l2_rates = 0, l2_weights = 0;
  std::int64_t batch = 64;
  std::int64_t epochs = 1, samples = 0;
  std::int64_t validate_every = 0, patience = 0;
  double time_limit = 0;
  std::string precision = "float32";
  std::string device = "cpu";
};

/// Section [core].
struct CoreSettings {
  std::string path = "auto";
};

/// All settings of a trial.
struct TrialSettings {
  ModelSettings model;  ///< the network
  TaskSettings task;    ///< what it learns
  TrainSettings train;  ///< how gradients train it
  CoreSettings core;    ///< how it is computed
};

/// Every setting of a trial with its documentation, bound to the structs above.
const SettingsTable<TrialSettings>& trial_settings_table();

/// The value of a setting that a registered model or task brought along, by its whole path, as "model.tau"; its default
/// where `own` does not hold it. Throws std::out_of_range for a path that none brought.
Value own_setting(const OwnSettings& own, const std::string& path);

/// The same as bool, std::int64_t, double or std::string. Throws std::bad_variant_access where it is of another type.
template <class T>
T own_setting(const ModelSettings& settings, const std::string& path) {
  return std::get<T>(own_setting(settings.own, path));
}
/// The same of a task.
template <class T>
T own_setting(const TaskSettings& settings, const std::string& path) {
  return std::get<T>(own_setting(settings.own, path));
}

/// The rules between settings ("a_kind = ei needs dale = true"), as diagnostics without a place.
std::vector<Diagnostic> cross_check(const TrialSettings& settings);

}  // namespace evobrnn
