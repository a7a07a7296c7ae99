// SPDX-License-Identifier: Apache-2.0
/// Worked cases of the models in a JSON file (format golden/1): inputs, parameters, and the expected states, loss and
/// gradients.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace evobrnn {

struct GoldenOutcome {
  enum class Kind { passed, failed, skipped };
  std::string name;
  double error = 0;     ///< largest error of any quantity in float64, relative as check_golden() says
  std::string verdict;  ///< "ok …", the first quantity that is off, or why the case is skipped
  Kind kind = Kind::skipped;
};

struct ModelEntry;

/// The model of a name; nothing where there is none.
using ModelLookup = std::function<const ModelEntry*(const std::string& name)>;

/// Runs every case on both paths, in float64 (tolerance 1e-9) and float32 (1e-4), relative to the largest element of
/// each quantity (of all gradients in float32 and on the kernels), with the models of the registry or of `lookup`. A
/// case whose model is not known is skipped. Throws DataError when the file is no such file.
std::vector<GoldenOutcome> check_golden(const std::filesystem::path& file, const ModelLookup& lookup = {});

}  // namespace evobrnn
