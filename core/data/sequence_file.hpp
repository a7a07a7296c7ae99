// SPDX-License-Identifier: Apache-2.0
/// Files of sequences, told by what is in them and not by their names: safetensors, NumPy's .npz and .npy, tables as
/// CSV, and .ts of the UEA and UCR archives; each gzip-compressed or not. docs/DATA.md says what is in each.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/models/parameters.hpp"

namespace evobrnn {

struct SequenceFile {
  /// x [samples, steps, features], y, lengths [samples] and mask [samples, steps], where the file has them; and
  /// whatever else it holds. Nothing is checked yet but that the file is whole.
  std::vector<NamedTensor> tensors;
  std::vector<std::string> labels;  ///< names of the classes 0, 1, …, where the file has names
  bool announced = false;           ///< the file lists its classes; else labels are those that occur, sorted
};

/// Throws DataError, with the file's name: what it is instead, or what is wrong with it and where.
SequenceFile read_sequence_file(const std::filesystem::path& file);

/// Names of the files that may hold the other arrays of a .npy, which holds one: "y_a.npy", "lengths_a.npy" and
/// "mask_a.npy" for "x_a.npy" or "X_a.npy", and the same for "a_x.npy". Empty for any other file.
std::vector<std::string> companions(const std::string& file);

}  // namespace evobrnn
