// SPDX-License-Identifier: Apache-2.0
/// Looks into a ledger without writing to it: beside a live run, and where it is damaged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "evolve/ledger.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// A ledger, open to be read.
class LedgerReader {
 public:
  /// Throws LedgerError: no such file, not a ledger.
  explicit LedgerReader(const std::filesystem::path& file);
  ~LedgerReader();

  /// In order of id. Every row is read by its checksum and every table by its seal. Without `damaged` any damage is a
  /// LedgerError; with it, lines of text there, and the trials are those that are whole.
  std::vector<LedgerTrial> trials(std::vector<std::string>* damaged = nullptr) const;
  /// What the scores are; nothing where the ledger was made by a version that did not keep it.
  std::optional<ScoreMeaning> score() const;
  /// What SQLite's own check of the whole file finds; empty: nothing.
  std::vector<std::string> damage() const;
  /// Another number whenever somebody has written.
  std::int64_t version() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace evobrnn
