// SPDX-License-Identifier: Apache-2.0
/// What may be sent to a terminal or a log.
#pragma once

#include <string>
#include <string_view>

namespace evobrnn {

/// Text that came from a file or from someone's program, safe to print: whatever could move the cursor, change colours
/// or the order of letters is written out, as \x1b, \u009b or \u202e: C0 and C1 controls, DEL, bytes that are no UTF-8,
/// overrides of the writing direction. Line breaks and tabs stay.
std::string printable(std::string_view text);
/// The same as a part of one line: line breaks and tabs are written out too.
std::string printable_line(std::string_view text);

/// Prints to standard output. Failing to is not thrown, for a search does not end with its spectators: std::ferror()
/// tells at the end.
void put(std::string_view text);

}  // namespace evobrnn
