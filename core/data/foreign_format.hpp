// SPDX-License-Identifier: Apache-2.0
/// Names of formats that are not read, so that an error can say what a file is.
#pragma once

#include <string>
#include <string_view>

namespace evobrnn {

/// "HDF5", "a web page", …, by the first bytes; empty for what is not known.
std::string foreign_format(std::string_view bytes);

/// UTF-8 without its byte order mark.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace evobrnn
