// SPDX-License-Identifier: Apache-2.0
/// Whole files into memory, gzip-compressed or not.
#pragma once

#include <filesystem>
#include <string>

namespace evobrnn {

/// The bytes of a file, decompressed where it is gzip (by its first bytes, not its name). Throws DataError when it
/// cannot be read, is named .gz but is not gzip, is damaged or cut short.
std::string read_maybe_gzip(const std::filesystem::path& file);

}  // namespace evobrnn
