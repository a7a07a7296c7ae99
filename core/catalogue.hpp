// SPDX-License-Identifier: Apache-2.0
/// What can be named in the settings, as text: the registries of core/ seen from outside, free of LibTorch headers.
#pragma once

#include <string>
#include <vector>

namespace evobrnn {

struct CatalogueEntry {
  std::string name;
  std::string equation;  ///< models only
  std::string source;    ///< paper, year, equation
  std::string doc;
  std::vector<std::string> settings;  ///< paths of the settings that only some entries read, and this one does
};

std::vector<CatalogueEntry> model_catalogue();
std::vector<CatalogueEntry> task_catalogue();

}  // namespace evobrnn
