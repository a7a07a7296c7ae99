// SPDX-License-Identifier: Apache-2.0
/// The safetensors format: 8 bytes of little-endian header length, a JSON header, then the tensors' bytes, row-major.
/// https://github.com/huggingface/safetensors describes it; any reader of the format opens these files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/models/parameters.hpp"

namespace evobrnn {

/// Real and integer tensors of any shape, on any device. `metadata` are texts beside them, for other readers.
std::string write_safetensors(const std::vector<NamedTensor>& tensors,
                              const std::map<std::string, std::string>& metadata = {});

/// Copies of the tensors, on the CPU, in the order of their bytes; BOOL as uint8, U16, U32 and U64 as int64. Throws
/// DataError for anything but a whole, consistent file: every name once, every offset inside the data, sizes that match
/// shapes, no overlap and no hole.
std::vector<NamedTensor> read_safetensors(const std::string& bytes);

}  // namespace evobrnn
