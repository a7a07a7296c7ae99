// SPDX-License-Identifier: Apache-2.0
/// Places where tests kill the process: EVOBRNN_FAULT="before_commit:3" raises SIGKILL the third time the program
/// passes that point. Unset, a point costs one branch that is always predicted.
#pragma once

namespace evobrnn {

enum class FaultPoint {
  before_commit,       ///< trials are written into the transaction; it is not committed
  inside_transaction,  ///< a transaction has begun, nothing is written yet
  after_commit,        ///< trials are on the disk, and nobody was told
  while_replaying,     ///< the ledger answered a trial
  between_trials,      ///< a trial is on the disk and was told; others may be on their way
  in_checkpoint        ///< the new checkpoint is written, and not yet in its place
};

/// Throws std::invalid_argument, with the known points, for an EVOBRNN_FAULT that names none. Called once, by main.
void check_fault_environment();

namespace detail {
extern const bool faults_armed;
void pass(FaultPoint point);
}  // namespace detail

inline void fault_point(FaultPoint point) {
  if (detail::faults_armed) [[unlikely]]
    detail::pass(point);
}

}  // namespace evobrnn
