// SPDX-License-Identifier: Apache-2.0
/// What a search says when it has ended, on the terminal or as JSON.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "evolve/search.hpp"
#include "view/views.hpp"

namespace evobrnn {

struct SearchReport {
  const SearchOutcome& outcome;
  std::string task, sequence;      ///< what was learnt: "digits", "T = 28 steps of 28 values"
  std::optional<ScoreKind> score;  ///< none where a command is the objective
  std::filesystem::path folder;
  std::optional<std::filesystem::path> champion;  ///< the file that holds it: its weights, or its genome
  int workers = 1;
  std::string memory;        ///< a sentence
  std::int64_t resumed = 0;  ///< trials that went on from a checkpoint
};

void print_report(const SearchReport& report, ViewKind kind);

}  // namespace evobrnn
