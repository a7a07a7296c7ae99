// SPDX-License-Identifier: Apache-2.0
/// The durable record of a run: every trial in one SQLite file. One writer; safe to call from many threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/trial.hpp"

namespace evobrnn {

/// What makes a trial this trial, within one run.
struct TrialKey {
  std::string role;         ///< "search", or "champion", "generation0", "default" of the final test
  std::string genome;       ///< SearchSpace::text()
  double fidelity = 1;      ///< share of the full training effort
  std::int64_t repeat = 0;  ///< 0, 1, … of the same genome on fresh seeds
  friend bool operator==(const TrialKey&, const TrialKey&) = default;
};

/// hash(run seed, canonical genome, fidelity, repeat), and the role, so that final tests see fresh seeds: FNV-1a (64
/// bits) over the bytes of "RUN_SEED\nROLE\nFIDELITY\nREPEAT\nGENOME" (integers in decimal, the fidelity as its
/// shortest exact text), finished by splitmix64's mixing. The same on every platform, for ever: stored ledgers stand on
/// it.
std::uint64_t trial_seed(std::uint64_t run_seed, const TrialKey& key);

struct LedgerTrial {
  std::int64_t id = 0;          ///< order of proposal, from 1: the same for any number of workers
  std::int64_t generation = 0;  ///< -1 for final tests
  TrialKey key;
  std::uint64_t seed = 0;
  std::vector<std::int64_t> parents;  ///< ids
  TrialResult result;
  std::string worker;  ///< which worker trained it; differs between runs
  double started = 0;  ///< seconds since the epoch; differs between runs
};

class Ledger {
 public:
  /// Opens or creates the file (WAL, synchronous = FULL). Throws LedgerError: not a ledger, newer schema, no
  /// permission, …
  explicit Ledger(const std::filesystem::path& file);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// One transaction. Throws LedgerError, with the ledger unchanged: id or key known, status cancelled, disk full, …
  void store(const LedgerTrial& trial);
  std::optional<LedgerTrial> find(const TrialKey& key) const;
  std::vector<LedgerTrial> trials() const;  ///< in order of id

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

class LedgerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The differences between two trials but for times and worker names, one line each.
std::vector<std::string> differences(const LedgerTrial& left, const LedgerTrial& right);

/// The differences between two ledgers but for times and worker names, one line each, at most `most`; empty when they
/// are the same.
std::vector<std::string> differences(const Ledger& left, const Ledger& right, std::size_t most = 20);

}  // namespace evobrnn
