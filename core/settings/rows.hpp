// SPDX-License-Identifier: Apache-2.0
/// What the table of a trial's settings is written with, and its three parts: model, task, training.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/catalogue.hpp"
#include "core/settings/trial_settings.hpp"

namespace evobrnn {

inline constexpr double kLargestCount = 1e9;

inline Setting describe(const std::string& path, const std::string& doc) {
  Setting setting;
  setting.path = path;
  setting.doc = doc;
  return setting;
}

inline Setting in_range(Setting setting, double low, double high) {
  setting.low = low;
  setting.high = high;
  return setting;
}

inline Setting open_range(Setting setting, double low, double high) {
  setting = in_range(std::move(setting), low, high);
  setting.low_open = setting.high_open = true;
  return setting;
}

inline Setting above(Setting setting, double low, double high) {
  setting = in_range(std::move(setting), low, high);
  setting.low_open = true;
  return setting;
}

inline Setting one_of(Setting setting, std::vector<std::string> choices) {
  setting.choices = std::move(choices);
  return setting;
}

inline Setting where(Setting setting, const std::string& path, std::vector<std::string> values) {
  setting.conditions.push_back({path, std::move(values)});
  return setting;
}

/// `value` says the same as the setting not being read, so it may stand anywhere.
inline Setting without_effect(Setting setting, const Value& value) {
  setting.neutral = value;
  return setting;
}

inline Setting without_influence(Setting setting) {
  setting.changes_no_result = true;
  return setting;
}

inline Setting with_unit(Setting setting, const std::string& unit) {
  setting.unit = unit;
  return setting;
}

inline std::vector<std::string> names(const std::vector<CatalogueEntry>& entries) {
  std::vector<std::string> list;
  for (const auto& entry : entries) list.push_back(entry.name);
  return list;
}

using TrialTable = SettingsTable<TrialSettings>;

template <class Member>
void add(TrialTable& table, Setting setting, Member member) {
  table.push_back(bind_setting<TrialSettings>(std::move(setting), member));
}

#define FIELD(member) \
  [](TrialSettings & s) -> auto& { return s.member; }

void add_model_settings(TrialTable& t);
void add_task_settings(TrialTable& t);
void add_train_settings(TrialTable& t);

}  // namespace evobrnn
