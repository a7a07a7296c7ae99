// SPDX-License-Identifier: Apache-2.0
/// The libraries that a search runs on.
#pragma once

#include <map>
#include <string>

namespace evobrnn {

/// Versions of pagmo2, TBB and SQLite.
std::map<std::string, std::string> search_provenance();

}  // namespace evobrnn
