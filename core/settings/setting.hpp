// SPDX-License-Identifier: Apache-2.0
/// The description of one setting: type, range, default, meaning. Reading, checking, printing and genes derive from it.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/settings/value.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// The type of a setting's value.
enum class SettingKind {
  boolean,   ///< true or false
  integer,   ///< 64 bits
  real,      ///< a double; an integer is accepted
  text,      ///< any, or one of the choices
  text_list  ///< a list of texts
};

/// The setting means something only where the setting at `path` has one of `values` (as text).
struct SettingCondition {
  std::string path;                 ///< of another setting
  std::vector<std::string> values;  ///< any of these lets it apply
};

/// What is known of one setting.
struct Setting {
  std::string path;                                       ///< "model.dt"
  SettingKind kind = SettingKind::real;                   ///< type of its value
  Value fallback;                                         ///< the default
  double low = -std::numeric_limits<double>::infinity();  ///< smallest number, included unless low_open
  double high = std::numeric_limits<double>::infinity();  ///< largest number, included unless high_open
  bool low_open = false;                                  ///< the range excludes `low`
  bool high_open = false;                                 ///< the range excludes `high`
  std::vector<std::string> choices;                       ///< text and text_list: the known names; empty: any text
  std::string unit;                                       ///< "ms"; empty: none
  std::string doc;                                        ///< meaning and why the default, with the literature
  std::vector<SettingCondition> conditions;               ///< all must hold for the setting to apply
  /// What ended well ends the same whatever the value is, so a run may go on with another one.
  bool changes_no_result = false;
  /// A value that says the same as the setting not being read, so that it may stand where it is not.
  std::optional<Value> neutral;
};

/// "real in (0, 1]", "one of sigmoid, tanh": the rule in words.
std::string rule_text(const Setting& setting);

/// The value in the setting's own type (an integer literal is accepted for a real), or nothing where the type is wrong.
std::optional<Value> convert(const Setting& setting, const Value& value);

/// The rule that a value of the right type breaks, in words, or nothing. NaN breaks every range.
std::optional<std::string> broken_rule(const Setting& setting, const Value& value);

}  // namespace evobrnn
