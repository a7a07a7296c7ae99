// SPDX-License-Identifier: Apache-2.0
/// A settings file as a flat list of entries, each with the place it came from.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/settings/diagnostic.hpp"
#include "core/settings/value.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// `[model] dt = 0.1` becomes {"model.dt", 0.1, "file.toml:2"}; inline tables and quoted dotted keys are flattened
/// alike.
struct Entry {
  std::string path;   ///< "model.dt"
  Value value;        ///< as it was written
  std::string where;  ///< "file.toml:12", or "--set"
};

/// A settings file as it was read.
struct Document {
  std::filesystem::path file;  ///< where it was read from
  std::vector<Entry> entries;  ///< in file order
};

/// Reads TOML. Throws SettingsError when the file is missing, is no TOML, or holds a value that is no scalar or flat
/// list (dates, nested lists).
Document read_document(const std::filesystem::path& file);

/// Adds the entry in place of those of its path and below it.
void replace_entry(Document& document, Entry entry);

/// The last entry of that path, which wins; null where there is none.
const Entry* find_entry(const Document& document, const std::string& path);

/// Adds or replaces one entry from "path=value" (value as TOML, or bare text); `where` is "--set". Throws
/// SettingsError.
void override_entry(Document& document, const std::string& assignment);

}  // namespace evobrnn
