// SPDX-License-Identifier: Apache-2.0
/// Ends the life of checkpoints: what the ledger holds needs none.
#pragma once

#include <filesystem>
#include <system_error>

#include "apps/checkpoint_files.hpp"
#include "apps/experiment_file.hpp"
#include "evolve/observer.hpp"

namespace evobrnn {

/// Passes on what it is told, and removes the checkpoint of a trial once the ledger holds its result.
class CheckpointRemoval final : public SearchObserver {
 public:
  CheckpointRemoval(const std::filesystem::path& folder, const Experiment& experiment, SearchObserver& next)
      : folder_(folder), experiment_(experiment), next_(next) {}

  void trial_started(const LedgerTrial& trial, const SearchProgress& p) override { next_.trial_started(trial, p); }
  void trial_finished(const LedgerTrial& trial, const SearchProgress& p) override {
    std::error_code ignored;  // one that stays is never used again, and goes with the folder when the run has ended
    if (std::filesystem::exists(folder_, ignored))
      std::filesystem::remove(checkpoint_file(folder_, trial_spec(experiment_, trial)), ignored);
    next_.trial_finished(trial, p);
  }
  void generation_finished(const SearchProgress& p) override { next_.generation_finished(p); }
  void final_tests_started(const SearchProgress& p) override { next_.final_tests_started(p); }

 private:
  const std::filesystem::path folder_;
  const Experiment& experiment_;
  SearchObserver& next_;
};

}  // namespace evobrnn
