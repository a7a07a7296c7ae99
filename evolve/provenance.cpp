// SPDX-License-Identifier: Apache-2.0
#include "evolve/provenance.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <tbb/version.h>

#include <pagmo/config.hpp>

namespace evobrnn {

std::map<std::string, std::string> search_provenance() {
  return {{"pagmo2", PAGMO_VERSION}, {"tbb", TBB_runtime_version()}, {"sqlite", SQLite::getLibVersion()}};
}

}  // namespace evobrnn
