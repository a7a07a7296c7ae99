// SPDX-License-Identifier: Apache-2.0
/// Checkpoints of trials under way, on the disk: one file a trial, there whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>

#include "core/trial.hpp"

namespace evobrnn {

/// Thread-safe: trials on all workers share it.
class CheckpointFiles {
 public:
  /// `seconds_between` of one trial's checkpoints, the first one as long after its start; 0: none are written or read.
  explicit CheckpointFiles(double seconds_between) : seconds_between_(seconds_between) {}

  /// The trial writes its checkpoints to the file, and goes on from the one that is there. One that cannot be written
  /// ends no trial: problem() tells.
  void attach(const std::filesystem::path& file, TrialHooks& hooks);

  std::int64_t resumed() const;  ///< trials that went on from a checkpoint
  std::string problem() const;   ///< why the first one that could not be written was not; empty: all were

 private:
  void write(const std::filesystem::path& file, const std::string& bytes);

  const double seconds_between_;
  mutable std::mutex mutex_;
  std::int64_t resumed_ = 0;
  std::string problem_;
};

/// FOLDER/KEY: the key is a hash of the specification.
std::filesystem::path checkpoint_file(const std::filesystem::path& folder, const TrialSpec& spec);

}  // namespace evobrnn
