// SPDX-License-Identifier: Apache-2.0
/// TrialSpec as JSON and back, from the table of settings.
#include <limits>
#include <nlohmann/json.hpp>

#include "core/settings/json_depth.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

using nlohmann::ordered_json;

/// "model.dt" → "/model/dt".
ordered_json::json_pointer pointer(std::string path) {
  for (auto& c : path) {
    if (c == '.') c = '/';
  }
  return ordered_json::json_pointer("/settings/" + path);
}

ordered_json to_json_value(const Scalar& scalar) {
  return std::visit([](const auto& v) { return ordered_json(v); }, scalar);
}

ordered_json to_json_value(const Value& value) {
  if (const auto* list = std::get_if<std::vector<Scalar>>(&value)) {
    auto array = ordered_json::array();
    for (const auto& scalar : *list) array.push_back(to_json_value(scalar));
    return array;
  }
  return std::visit(
      [](const auto& v) -> ordered_json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::vector<Scalar>>) return nullptr;
        else return v;
      },
      value);
}

/// Only plain values are quoted: one that is nested deeply would run over the stack.
std::string quoted(const ordered_json& json) { return json.is_primitive() ? json.dump() : json.type_name(); }

Value from_json_value(const ordered_json& json) {
  if (json.is_boolean()) return json.get<bool>();
  const bool fits = !json.is_number_unsigned() || json.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max();
  if (json.is_number_integer() && fits) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  std::vector<Scalar> list;
  if (!json.is_array())
    throw SettingsError({{"JSON", "", quoted(json), "must be a plain value or a list of plain values"}});
  for (const auto& text : json) list.push_back(text.get<std::string>());
  return list;
}

}  // namespace

std::string to_json(const TrialSpec& spec) {
  ordered_json root;
  for (const auto& row : trial_settings_table())
    root[pointer(row.setting.path)] = to_json_value(row.get(spec.settings));
  root["seed"] = spec.seed;
  root["test"] = spec.test;
  if (!spec.finer_steps.empty()) root["finer_steps"] = spec.finer_steps;
  return root.dump(2);
}

TrialSpec trial_spec_from_json(const std::string& text) {
  constexpr std::size_t kDeepest = 4;  // {"settings": {"model": {"trained": [ ] } } }
  if (json_depth(text) > kDeepest)
    throw SettingsError({{"JSON", "", "", "is nested deeper than the settings of a trial are"}});
  TrialSpec spec;
  std::vector<Diagnostic> mistakes;
  try {
    const auto root = ordered_json::parse(text);
    for (const auto& [section, keys] : root.at("settings").items()) {
      for (const auto& [key, value] : keys.items()) {
        const auto path = section + "." + key;
        if (const auto* row = find_setting(trial_settings_table(), path)) {
          assign(*row, spec.settings, {path, from_json_value(value), "JSON"}, mistakes);
        } else {
          mistakes.push_back({"JSON", path, quoted(value), "no setting has this name"});
        }
      }
    }
    const auto& seed = root.at("seed");
    if (seed.is_number_unsigned()) spec.seed = seed.get<std::uint64_t>();
    else mistakes.push_back({"JSON", "seed", quoted(seed), "must be a whole number from 0"});
    spec.test = root.at("test").get<bool>();
    if (root.contains("finer_steps")) spec.finer_steps = root.at("finer_steps").get<std::vector<std::int64_t>>();
    for (const auto divisor : spec.finer_steps) {
      if (divisor < 2)
        mistakes.push_back({"JSON", "finer_steps", std::to_string(divisor), "must be integers from 2 on"});
    }
  } catch (const ordered_json::exception& error) {
    mistakes.push_back({"JSON", "", "", error.what()});
  }
  if (!mistakes.empty()) throw SettingsError(std::move(mistakes));
  return spec;
}

}  // namespace evobrnn
