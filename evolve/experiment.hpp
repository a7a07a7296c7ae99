// SPDX-License-Identifier: Apache-2.0
/// A settings file, resolved and checked whole: what a run does, immutable.
#pragma once

#include "evolve/search_settings.hpp"
#include "evolve/search_space.hpp"

namespace evobrnn {

/// The parts of a settings file that belong to the search. What belongs to a trial stays with its owner, who passes the descriptions.
struct SearchFile {
  SearchSettings settings;
  SearchSpace space;               ///< empty where the file has no [genes]
  std::vector<Entry> trial_entries;  ///< the entries that name a trial's setting, still to be assigned
};

/// Sorts a document into search settings, genes and a trial's entries. `trial_settings` are the settings genes may write to.
/// Appends every mistake: unknown sections and keys with the nearest known name, wrong types, ranges, genes outside their setting's
/// range, genes of settings that are not there or cannot apply.
/// `text_of` gives the text of a trial setting as the document sets it (for conditions).
SearchFile read_search_file(const Document& document, const std::vector<Setting>& trial_settings,
                            const std::function<std::string(const std::string& path)>& text_of, std::vector<Diagnostic>& diagnostics);

/// Genomes from CSV: the header names gene paths, one row a genome; a missing gene column is an error. Throws SettingsError with every mistake.
std::vector<Genome> read_genomes(const std::filesystem::path& file, const SearchSpace& space);

}  // namespace evobrnn
