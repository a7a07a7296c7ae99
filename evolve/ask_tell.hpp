// SPDX-License-Identifier: Apache-2.0
/// The search for those who own the loop: it is asked for candidates and told how good they are, in any order, by one
/// thread or many. Everything else is as in evolve(): ledger, resume, dedication to the seed, final tests.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "evolve/search.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// A search that waits to be asked and told. Thread-safe.
class AskTell {
 public:
  /// Starts or goes on with the search of `folder`, as evolve() does and with its errors; the plan's objective is not
  /// read. What was asked and not told before the process ended is asked again.
  AskTell(SearchPlan plan, const std::filesystem::path& folder);
  /// Ends the search where it is.
  ~AskTell();
  AskTell(const AskTell&) = delete;
  AskTell& operator=(const AskTell&) = delete;

  /// The next candidate to be evaluated. Nothing where all that can be asked for now is out and has to be told first,
  /// and where the search has ended. Rethrows what ended it early: StorageError, RunAborted.
  std::optional<Candidate> ask();

  /// How a candidate that was asked ended: scored(…) or ended_as(…). Returns once the search knows; it is on the disk
  /// before anything follows from it. With failures.… = "retry" a candidate that failed is asked for once more. Throws
  /// std::invalid_argument for one that is not out.
  void tell(const Candidate& candidate, TrialResult result);

  /// Whether the search has come to its end; ask() has nothing more then.
  bool finished();

  /// What came of it; complete once finished(). Ends a search that is not, where it is. Throws as ask().
  SearchOutcome outcome();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace evobrnn
