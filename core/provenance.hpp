// SPDX-License-Identifier: Apache-2.0
/// What this program was built from.
#pragma once

#include <map>
#include <string>

namespace evobrnn {

/// Version, git revision, compiler, and the versions of the libraries that can change a result.
std::map<std::string, std::string> build_provenance();

}  // namespace evobrnn
