// SPDX-License-Identifier: Apache-2.0
#include "evolve/champion_file.hpp"

#include <nlohmann/json.hpp>

#include "evolve/atomic_file.hpp"
#include "evolve/run_files.hpp"

namespace evobrnn {

std::filesystem::path store_champion(const std::filesystem::path& folder, const LedgerTrial& champion,
                                     const ScoreMeaning& score) {
  const nlohmann::ordered_json root{{"trial", champion.id},
                                    {"score", score.told(champion.result.score)},
                                    {"seed", champion.seed},
                                    {"genome", nlohmann::ordered_json::parse(champion.key.genome)}};
  write_atomically(folder / kChampionFile, root.dump(2) + "\n");
  return folder / kChampionFile;
}

}  // namespace evobrnn
