// SPDX-License-Identifier: Apache-2.0
/// The durable record of a run: every trial in one SQLite file. One writer; safe to call from many threads.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/trial.hpp"
#include "evolve/score_meaning.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// The disk or the run folder gave way: it ends the search and says nothing of a candidate.
class StorageError : public std::runtime_error {
 public:
  /// From the message.
  using std::runtime_error::runtime_error;
};

/// The ledger's file cannot be read or written; what() names it and says why.
class LedgerError : public StorageError {
 public:
  /// From the message.
  using StorageError::StorageError;
};

/// The generation of final tests.
inline constexpr std::int64_t kFinalTests = -1;

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

/// A trial as the ledger keeps it.
struct LedgerTrial {
  std::int64_t id = 0;                ///< order of proposal, from 1: the same for any number of workers
  std::int64_t generation = 0;        ///< from 0; kFinalTests
  TrialKey key;                       ///< what makes it this trial
  std::uint64_t seed = 0;             ///< trial_seed() of the run, or what final.seed gives
  std::vector<std::int64_t> parents;  ///< ids
  TrialResult result;                 ///< how it ended
  std::string worker;                 ///< which worker trained it; differs between runs
  double started = 0;                 ///< seconds since the epoch; differs between runs, and says nothing of the order
  std::string content;  ///< content key: trials that have the same have the same bits, in any run; empty: not known
  std::string origin;   ///< where it was taken over from, as "runs/old trial 7"; empty: trained in this run
};

/// What a generation came to, so that a reader needs no replay.
struct LedgerGeneration {
  std::int64_t generation = 0;  ///< from 0; kFinalTests
  /// Ids in order of proposal, one that was proposed again again; also of trials that have not ended yet. Empty where
  /// the ledger was made by a version that did not keep them, until the run is resumed.
  std::vector<std::int64_t> proposals;
  double started = 0;              ///< seconds since the epoch
  std::optional<double> finished;  ///< seconds since the epoch; nothing while it is under way
};

/// The ledger of one run, open.
class Ledger {
 public:
  /// What it is opened for.
  enum class Access {
    write,  ///< to store trials; one process at a time
    read    ///< to look, also beside a writer
  };
  /// Write: opens or creates the file (WAL, synchronous = FULL), and brings an older schema up to date. Read: beside a
  /// writer or on a read-only disk; changes nothing. Both read it whole first, every row by its checksum and every
  /// table by its seal. Throws LedgerError: not a ledger, newer schema, damaged, no permission, …
  explicit Ledger(const std::filesystem::path& file, Access access = Access::write);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// Told once a trial is on the disk, and with it what was noted of its generation; or why it is not, as a
  /// LedgerError, with the ledger unchanged: id or key known, status cancelled, disk full, … Called from the thread
  /// that writes, one trial at a time in the order of store(); must not throw.
  using Stored = std::function<void(const std::exception_ptr& failure)>;
  /// Returns before the trial is on the disk; waits only where many others do too. Trials that wait together share one
  /// transaction. `trial` must stay until `stored` was called.
  void store(const LedgerTrial& trial, Stored stored);
  /// Returns when every trial that was stored so far is on the disk or refused, and its `stored` has returned.
  void wait_for_stores();
  /// Returns when the trial is on the disk. Throws what `stored` would be told.
  void store(const LedgerTrial& trial);
  /// The trial of that key; nothing where none is stored.
  std::optional<LedgerTrial> find(const TrialKey& key) const;
  /// Its id alone.
  std::optional<std::int64_t> id_of(const TrialKey& key) const;
  std::vector<LedgerTrial> trials() const;  ///< in order of id

  /// The time for `started` of a trial, in seconds since the epoch: never before any time that the ledger holds, also
  /// where the clock jumps back.
  double now() const;

  /// Notes what a generation proposes as its `first`th proposal (from 0) and those behind it; written by the next
  /// transaction. What a replay proposes again is skipped.
  void note_proposals(std::int64_t generation, std::int64_t first, const std::vector<std::int64_t>& ids);
  /// Marks the generation as finished, where it was not.
  void finish_generation(std::int64_t generation);
  std::vector<LedgerGeneration> generations() const;  ///< in order, the final tests last

  /// Keeps what the scores are, where the ledger does not know it.
  void keep_score(const ScoreMeaning& meaning);
  /// What the scores are; nothing where the ledger was made by a version that did not keep it.
  std::optional<ScoreMeaning> score() const;

  /// Spare trials are no part of the run: it takes over those that it asks for instead of training them. Keeps one of
  /// each content key; trials without are left out.
  void add_spare(const std::vector<LedgerTrial>& trials);
  /// A spare trial of that content key; nothing where there is none.
  std::optional<LedgerTrial> find_spare(const std::string& content) const;
  /// Makes the final tests spare ones, so that the search can go on behind its last trial. `content_of` gives the keys
  /// of those that have none.
  void set_finals_aside(const std::function<std::string(const LedgerTrial&)>& content_of);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// The differences between two trials but for times, worker names and origins, one line each.
std::vector<std::string> differences(const LedgerTrial& left, const LedgerTrial& right);

/// The differences between two ledgers but for times, worker names and origins, one line each, at most `most`; empty
/// when they are the same.
std::vector<std::string> differences(const Ledger& left, const Ledger& right, std::size_t most = 20);

}  // namespace evobrnn
