// SPDX-License-Identifier: Apache-2.0
/// Examinations as JSON and back; numbers that are not finite are null.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/examination.hpp"

namespace evobrnn {

nlohmann::ordered_json to_json(const FigureTable& figure);
nlohmann::ordered_json to_json(const Decay& decay);

/// A whole examination with its recording, for a later start of the same command.
std::string examination_to_text(const Examination& examination);
/// Throws nlohmann::json::exception where it is none.
Examination examination_from_text(const std::string& text);

}  // namespace evobrnn
