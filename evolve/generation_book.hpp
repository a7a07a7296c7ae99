// SPDX-License-Identifier: Apache-2.0
/// What a ledger keeps of generations: which trials each proposes, when it began and when it ended. Not thread-safe:
/// used under the connection's lock.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "evolve/ledger.hpp"
#include "evolve/ledger_connection.hpp"
#include "evolve/ledger_seal.hpp"

namespace evobrnn {

class GenerationBook {
 public:
  GenerationBook(LedgerConnection& connection, LedgerSeal& seal) : connection_(connection), seal_(seal) {}

  /// Reads what the ledger knows, so that a replay notes nothing twice.
  void read();
  /// As Ledger::note_proposals; `now` is when the generation begins, where it has not begun.
  void note(std::int64_t generation, std::int64_t first, const std::vector<std::int64_t>& ids, double now);
  bool is_finished(std::int64_t generation) const;
  std::vector<LedgerGeneration> generations() const;

  // Inside of a transaction:
  void write_notes();
  void finish(std::int64_t generation, double now);
  void forget(std::int64_t generation);
  /// Behind a transaction that held write_notes().
  void notes_written() { notes_ = {}; }

 private:
  struct Proposal {
    std::int64_t generation, position, trial;
  };
  /// Noted, and not written yet.
  struct Notes {
    std::map<std::int64_t, double> started;
    std::vector<Proposal> proposals;
  };

  LedgerConnection& connection_;
  LedgerSeal& seal_;
  Notes notes_;
  std::map<std::int64_t, std::int64_t> proposals_known_;  ///< how many of each generation are stored or noted
  std::set<std::int64_t> finished_;                       ///< generations
};

}  // namespace evobrnn
