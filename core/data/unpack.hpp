// SPDX-License-Identifier: Apache-2.0
/// The archives that data sets are fetched in.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace evobrnn {

/// Last names of the plain files of a tar or tar.gz that are not in `folder` with the same bytes, in the archive's
/// order. Reads only. Throws DataError.
std::vector<std::string> missing_of_archive(const std::filesystem::path& file, const std::filesystem::path& folder);

/// Unpacks the plain files of a tar or tar.gz into `folder`, under their last names: nothing can be written elsewhere.
/// Each appears there whole or not at all. Throws DataError.
void unpack(const std::filesystem::path& file, const std::filesystem::path& folder);

}  // namespace evobrnn
