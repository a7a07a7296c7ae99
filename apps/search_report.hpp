// SPDX-License-Identifier: Apache-2.0
/// What a search says when it has ended, on the terminal or as JSON.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "apps/views.hpp"
#include "evolve/search.hpp"

namespace evobrnn {

struct SearchReport {
  const SearchOutcome& outcome;
  std::string task;
  const TaskShape& shape;
  std::filesystem::path folder;
  std::optional<std::filesystem::path> weights;  ///< of the champion
  int workers = 1;
  std::string memory;        ///< a sentence
  std::int64_t resumed = 0;  ///< trials that went on from a checkpoint
};

void print_report(const SearchReport& report, ViewKind kind);

}  // namespace evobrnn
