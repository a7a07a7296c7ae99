// SPDX-License-Identifier: Apache-2.0
/// What can be named in the settings, as text: the registries of core/ seen from outside, free of LibTorch headers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/settings/setting.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// A model or a task as it is named in the settings.
struct CatalogueEntry {
  std::string name;                   ///< what `model.name` or `task.name` says
  std::string equation;               ///< of a model its state update, of a task its target; one a line
  std::string source;                 ///< paper, year, equation
  std::string doc;                    ///< what it is and when to use it, in sentences
  std::vector<std::string> settings;  ///< paths of the settings that only some entries read, and this one does
  /// Values of settings whose default is "as published" (−1): path, value. They stand for this entry alone.
  std::vector<std::pair<std::string, double>> published;
  bool kernel = false;  ///< models: core/kernels/ covers it
  /// Settings that this entry brings along, for those that a user registers: their paths begin with "model." or
  /// "task.", whichever it is. They apply where this entry is chosen, and are read with own_setting().
  std::vector<Setting> own = {};
};

/// Every model of the registry, the default first.
std::vector<CatalogueEntry> model_catalogue();
/// Every task of the registry, the default first.
std::vector<CatalogueEntry> task_catalogue();

/// The settings that only some entries read, and this one does, with those that it brought along.
std::vector<std::string> settings_of(const CatalogueEntry& entry);

/// Whether the entry reads a setting that only some entries read.
bool reads(const CatalogueEntry& entry, const std::string& path);

/// An entry is registered before the settings' table is first used: from then on registries are closed, for what was
/// read before would know nothing of it.
void close_registries();
/// Throws std::logic_error once registries are closed, and std::invalid_argument where the entry is no good: no name,
/// or one that `known` holds; a setting of its own outside `section`, without documentation, or with a default outside
/// of its range.
void require_open_registry(const CatalogueEntry& entry, const std::vector<CatalogueEntry>& known,
                           const std::string& section);

/// The default of a setting where this entry is chosen, as TOML writes it: the published value where there is one.
std::string default_text(const CatalogueEntry& entry, const Setting& setting);

}  // namespace evobrnn
