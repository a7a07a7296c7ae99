// SPDX-License-Identifier: Apache-2.0
/// Files of weights, for those who only look at them. Free of LibTorch headers.
#pragma once

#include <string>

namespace evobrnn {

/// Throws DataError where the bytes are no whole, consistent safetensors file.
void check_weights(const std::string& bytes);

}  // namespace evobrnn
