// SPDX-License-Identifier: Apache-2.0
/// The safetensors format: 8 bytes of little-endian header length, a JSON header, then the tensors' bytes, row-major.
/// https://github.com/huggingface/safetensors describes it; any reader of the format opens these files.
#pragma once

#include <string>
#include <vector>

#include "core/models/parameters.hpp"

namespace evobrnn {

/// Real and integer tensors of any shape, on any device.
std::string write_safetensors(const std::vector<NamedTensor>& tensors);

/// Copies of the tensors, on the CPU, in the order of their bytes; BOOL as uint8. Throws DataError for anything but a
/// whole, consistent file: every offset inside the data, sizes that match shapes, no overlap and no hole.
std::vector<NamedTensor> read_safetensors(const std::string& bytes);

}  // namespace evobrnn
