// SPDX-License-Identifier: Apache-2.0
/// A search over networks in its run folder: what joins evolve/, which knows no networks, with core/, which knows no
/// searches.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "apps/checkpoint_files.hpp"
#include "apps/experiment_file.hpp"
#include "apps/input_files.hpp"
#include "evolve/executor.hpp"
#include "evolve/search.hpp"
#include "evolve/worker_pool.hpp"

namespace evobrnn {

/// What searches at the same time share: data, threads, worker processes, memory.
class Workplace {
 public:
  /// As [run] says: workers, memory, isolation.
  Workplace(const SearchSettings& settings, std::shared_ptr<DataStore> data);

  const std::shared_ptr<DataStore>& data() const { return data_; }
  Executor& executor() { return executor_; }
  InputFiles& inputs() { return inputs_; }
  WorkerPool* processes() { return processes_.get(); }  ///< none where trials run in threads

 private:
  const std::shared_ptr<DataStore> data_;
  InputFiles inputs_;
  Executor executor_;
  std::unique_ptr<WorkerPool> processes_;
};

/// One search in one folder, whose lock the caller holds. Settings and workplace must outlive it.
class NetworkSearch {
 public:
  NetworkSearch(std::filesystem::path folder, const Experiment& experiment, Workplace& workplace);

  /// Runs or replays it. `begun` is called once the ledger is open and the first trial is about to start. Throws
  /// StorageError, and RunAborted with how to go on.
  SearchOutcome run(SearchObserver& view, const std::function<void()>& begun = {});

  /// weights/champion.safetensors and config.json: the final training of the champion that validated best, or, without
  /// final tests, its training in the search. Nothing where a signal stopped that training.
  std::optional<std::filesystem::path> store_champion(const SearchOutcome& outcome);

  /// Checkpoints of trials under way have no use once the search is done.
  void remove_checkpoints() const;
  const CheckpointFiles& checkpoints() const { return checkpoints_; }

  /// "the largest training held 4.2 MB (predicted 4.9 MB), at most 2 trained at once; 19.1 GB are allowed".
  std::string memory_text(std::int64_t measured) const;

 private:
  void remove_stale_weights(const SearchOutcome& outcome) const;
  TrialResult train(const Candidate& candidate, TrialHooks hooks);
  TrialResult train_to_file(const TrialSpec& spec, TrialHooks hooks, const std::filesystem::path& file);
  TrialResult train(const TrialSpec& spec, TrialHooks hooks);
  std::string content(const Candidate& candidate) const;
  double cost(const Candidate& candidate) const;
  std::int64_t bytes(const Candidate& candidate);

  const std::filesystem::path folder_;
  const Experiment& experiment_;
  Workplace& workplace_;
  CheckpointFiles checkpoints_;
  std::int64_t predicted_bytes_ = 0;
};

}  // namespace evobrnn
