// SPDX-License-Identifier: Apache-2.0
/// A task: samples in three parts, handed out as time-major batches.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/catalogue.hpp"
#include "core/trial.hpp"

namespace evobrnn {

enum class Part { train, validation, test };

struct Batch {
  at::Tensor x;  ///< [steps, batch, n_in], the dtype asked for
  at::Tensor y;  ///< [batch] int64, classes 0 … n_out − 1
};

/// Immutable once made; safe to share between threads.
class Task {
 public:
  virtual ~Task() = default;
  virtual TaskShape shape() const = 0;
  /// The samples of `part` at `indices` (each from 0 to below the part's size), on the CPU.
  virtual Batch batch(Part part, const std::vector<std::int64_t>& indices, at::ScalarType dtype) const = 0;
};

struct TaskEntry {
  CatalogueEntry about;
  std::function<std::shared_ptr<const Task>(const TaskSettings&, DataStore&)> make;  ///< throws DataError
};

/// Every task, the default first.
const std::vector<TaskEntry>& tasks();

/// Makes the task, or returns the one that the store made of equal settings before. Throws DataError.
std::shared_ptr<const Task> make_task(const TaskSettings& settings, DataStore& data);

}  // namespace evobrnn
