// SPDX-License-Identifier: Apache-2.0
/// What can be named in the settings, as text: the registries of core/ seen from outside, free of LibTorch headers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/settings/setting.hpp"

namespace evobrnn {

struct CatalogueEntry {
  std::string name;
  std::string equation;  ///< of a model its state update, of a task its target; one a line
  std::string source;    ///< paper, year, equation
  std::string doc;
  std::vector<std::string> settings;  ///< paths of the settings that only some entries read, and this one does
  /// Values of settings whose default is "as published" (−1): path, value. They stand for this entry alone.
  std::vector<std::pair<std::string, double>> published;
  bool kernel = false;  ///< models: core/kernels/ covers it
};

std::vector<CatalogueEntry> model_catalogue();
std::vector<CatalogueEntry> task_catalogue();

/// Whether the entry reads a setting that only some entries read.
bool reads(const CatalogueEntry& entry, const std::string& path);

/// The default of a setting where this entry is chosen, as TOML writes it: the published value where there is one.
std::string default_text(const CatalogueEntry& entry, const Setting& setting);

}  // namespace evobrnn
