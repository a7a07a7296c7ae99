// SPDX-License-Identifier: Apache-2.0
/// Genomes as CSV (RFC 4180): the header names gene paths, one row a genome. The cell of a gene that does not apply
/// stays empty; an empty text is "".
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "evolve/search_space.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Throws SettingsError with every mistake of the file.
std::vector<Genome> read_genomes(const std::filesystem::path& file, const SearchSpace& space);

/// What read_genomes() reads back exactly.
std::string genomes_csv(const SearchSpace& space, const std::vector<Genome>& genomes);

}  // namespace evobrnn
