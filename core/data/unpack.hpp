// SPDX-License-Identifier: Apache-2.0
/// The archives that data sets are fetched in.
#pragma once

#include <filesystem>

namespace evobrnn {

/// Unpacks the plain files of a tar.gz into `folder`, under their last names: nothing can be written elsewhere. Throws
/// DataError.
void unpack(const std::filesystem::path& file, const std::filesystem::path& folder);

}  // namespace evobrnn
