// SPDX-License-Identifier: Apache-2.0
/// Names of the files of a run's folder that any search has.
#pragma once

namespace evobrnn {

inline constexpr const char* kExperimentFile = "experiment.toml";
inline constexpr const char* kLedgerFile = "ledger.sqlite";
inline constexpr const char* kGenomesFile = "genomes.csv";
inline constexpr const char* kChampionFile = "champion.json";  ///< of a search that has no weights to keep

}  // namespace evobrnn
