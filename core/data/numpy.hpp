// SPDX-License-Identifier: Apache-2.0
/// Arrays as NumPy stores them: .npy, versions 1 to 3
/// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), and .npz, a zip archive of such files.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace evobrnn {

/// An array of numbers, or of texts.
struct NumpyArray {
  at::Tensor tensor;               ///< bool as uint8, unsigned integers above 8 bits as int64; undefined: texts
  std::vector<std::string> texts;  ///< UTF-8, of an array of one dimension
};

bool is_npy(std::string_view bytes);
bool is_zip(std::string_view bytes);

/// Either byte order, rows first or columns first. Throws DataError, without a file's name: damaged, cut short, of a
/// dtype that is no number or text.
NumpyArray read_npy(std::string_view bytes);

/// The arrays of a .npz by name. Throws DataError as read_npy() does, and for an archive of anything else.
std::map<std::string, NumpyArray> read_npz(const std::string& bytes);

}  // namespace evobrnn
