// SPDX-License-Identifier: Apache-2.0
/// Search spaces and settings as Python gives them.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <tuple>
#include <vector>

#include "evolve/search_settings.hpp"
#include "evolve/search_space.hpp"

namespace evobrnn::python {

/// {"name", "kind": "real" | "integer" | "categorical", "low", "high", "log", "values", "when": {name: [values]}} each.
/// Throws std::invalid_argument.
SearchSpace make_space(const pybind11::list& genes);

/// Path, value, and where it was given.
using GivenSetting = std::tuple<std::string, Value, std::string>;

/// Checked against the table of settings. Throws SettingsError with every mistake.
SearchSettings read_settings(const std::vector<GivenSetting>& given);

/// [{"path", "kind", "default", "rule", "doc", "unit"}] of every setting of a search.
pybind11::list describe_settings();

/// [{"name", "doc"}] of every strategy.
pybind11::list describe_strategies();

}  // namespace evobrnn::python
