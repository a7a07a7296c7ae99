// SPDX-License-Identifier: Apache-2.0
/// A task: samples in three parts, handed out as time-major batches.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/catalogue.hpp"
#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// The three parts of a task's samples.
enum class Part {
  train,       ///< gradients see these
  validation,  ///< held out of the training data; the search sees its score
  test         ///< scored for final networks alone
};

/// Samples side by side, time first. All on the CPU.
struct Batch {
  at::Tensor x;  ///< [steps, batch, n_in], the dtype asked for; zero beyond a sequence's length
  /// Classes 0 … n_out − 1, int64: [batch], one a sequence, or [steps, batch], one a step. Values, the dtype of x:
  /// [batch, n_out] or [steps, batch, n_out].
  at::Tensor y;
  at::Tensor mask;     ///< [steps, batch] weight of each step in the loss, ≥ 0; undefined where y is one a sequence
  at::Tensor scored;   ///< [steps, batch] weight of each step in the score; undefined: as mask
  at::Tensor lengths;  ///< [batch] int64, steps of each sequence, 1 … steps; undefined: all
  at::Tensor item;     ///< [batch] int64, which of its stimuli each sequence asks to remember; undefined: none is meant
  at::Tensor reset;    ///< [batch] int64, the step before which the network's state is reset; undefined: none
};

/// A stretch of a trial in time: steps begin … end − 1.
struct Period {
  std::string name;        ///< "delay"
  std::int64_t begin = 0;  ///< first step
  std::int64_t end = 0;    ///< the step after the last
};

/// Immutable once made; safe to share between threads.
class Task {
 public:
  virtual ~Task() = default;
  /// Sizes, and how answers are scored. The same for as long as the task lives.
  virtual TaskShape shape() const = 0;
  /// The samples of `part` at `indices` (each from 0 to below the part's size), on the CPU. Tensors that `batch` holds
  /// are written to again where they fit, whoever shares their memory.
  virtual void fill(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype, Batch& batch) const = 0;
  /// The same as a new batch.
  Batch batch(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype) const {
    Batch made;
    fill(part, indices, dtype, made);
    return made;
  }
  /// The stretches that every sample has in common, in order; empty where there are none.
  virtual std::vector<Period> periods() const { return {}; }
};

/// A task of the registry.
struct TaskEntry {
  CatalogueEntry about;  ///< name, target, source and the settings that it reads
  std::function<std::shared_ptr<const Task>(const TaskSettings&, DataStore&)> make;  ///< throws DataError
};

/// Every task, the default first, those of users last.
const std::vector<TaskEntry>& tasks();
/// Registers a task of the user's own, before settings are first read. Throws as require_open_registry(), and
/// std::invalid_argument where make is missing.
void add_task(TaskEntry entry);

/// Makes the task, or returns the one that the store made of equal settings before; manipulations of its sequences are
/// put on top. Throws DataError.
std::shared_ptr<const Task> make_task(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
