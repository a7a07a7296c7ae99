// SPDX-License-Identifier: Apache-2.0
/// Names of files in JSON, which is UTF-8; they may be any bytes.
#pragma once

#include <filesystem>
#include <string>

namespace evobrnn {

/// The path as it is where it is UTF-8; else as a URI of its absolute path (RFC 8089), "file:///data/lat%E4in1".
std::string path_text(const std::filesystem::path& path);

/// The inverse of path_text().
std::filesystem::path path_from_text(const std::string& text);

}  // namespace evobrnn
