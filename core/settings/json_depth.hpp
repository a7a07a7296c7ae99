// SPDX-License-Identifier: Apache-2.0
/// How deeply JSON is nested, told before it is parsed: what copies or compares a deep value runs over the stack.
#pragma once

#include <cstddef>
#include <string_view>

namespace evobrnn {

/// Levels of objects and lists in the text, brackets in strings left out: 1 for {"a": 2}. Any text has a depth.
inline std::size_t json_depth(std::string_view text) {
  std::size_t depth = 0, deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      deepest = deepest < ++depth ? depth : deepest;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace evobrnn
