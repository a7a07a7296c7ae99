// SPDX-License-Identifier: Apache-2.0
/// What follows when a trial goes wrong, cause by cause.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "evolve/search.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// A trial ended in a way that the settings end the run for. It is not stored, so that a resumed run tries it again.
class RunAborted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// "penalise", "retry", "gentler" or "abort"; "penalise" for what is no failure.
std::string failure_policy(const FailureSettings& settings, TrialStatus status);

/// One training, whatever happens in it: an exception becomes a status (but for a StorageError), and a score that is
/// not finite becomes `diverged`. What is not ok has no score.
TrialResult outcome_of(const std::function<TrialResult()>& train);

/// Trains a candidate as often as the settings want. Attempts beyond the first are in metrics["attempts"], and a result
/// of gentler training has metrics["gentler"] = 1.
TrialResult train_with_policies(const FailureSettings& settings, Candidate candidate,
                                const std::function<TrialResult(const Candidate&)>& train);

/// Whether the result comes from gentler training than the genome says.
bool trained_gentler(const TrialResult& result);
/// Trainings that it took, from 1.
int attempts(const TrialResult& result);
/// Says of a result how many trainings it took and whether the last was a gentler one.
void set_attempts(TrialResult& result, int attempts, bool gentler);

/// Whether a trial that was trained with `before` would have ended as it did with `after`, as far as its result tells.
bool ends_the_same(const FailureSettings& before, const FailureSettings& after, const TrialResult& result);

}  // namespace evobrnn
