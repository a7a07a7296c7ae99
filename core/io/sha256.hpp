// SPDX-License-Identifier: Apache-2.0
/// SHA-256 checksums as text.
#pragma once

#include <filesystem>
#include <string>

namespace evobrnn {

/// 64 hexadecimal digits, lower case.
std::string sha256(const std::string& bytes);
/// Of a file's bytes, read piece by piece.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace evobrnn
