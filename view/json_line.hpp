// SPDX-License-Identifier: Apache-2.0
/// JSON that is printed: whatever bytes its texts hold, one line in which nothing has to be written out.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "view/terminal.hpp"

namespace evobrnn {

inline std::string json_line(const nlohmann::ordered_json& json) {
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  auto text = json.dump(-1, ' ', false, kReplace);
  return printable_line(text) == text ? text : json.dump(-1, ' ', true, kReplace);
}

}  // namespace evobrnn
