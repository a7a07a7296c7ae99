// SPDX-License-Identifier: Apache-2.0
/// Matrices of a few rows, as vectors row by row.
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace evobrnn {

/// By Gauss and Jordan with pivots; nothing for a singular one.
inline std::optional<std::vector<double>> inverse_of(std::vector<double> a, std::size_t n) {
  std::vector<double> inverse(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) inverse[i * n + i] = 1;
  for (std::size_t column = 0; column < n; ++column) {
    auto pivot = column;
    for (auto row = column + 1; row < n; ++row) {
      if (std::abs(a[row * n + column]) > std::abs(a[pivot * n + column])) pivot = row;
    }
    const double size = a[pivot * n + column];
    if (!(std::abs(size) > 0) || !std::isfinite(size)) return std::nullopt;
    for (std::size_t j = 0; j < n; ++j) {
      std::swap(a[pivot * n + j], a[column * n + j]);
      std::swap(inverse[pivot * n + j], inverse[column * n + j]);
      a[column * n + j] /= size;
      inverse[column * n + j] /= size;
    }
    for (std::size_t row = 0; row < n; ++row) {
      const double factor = a[row * n + column];
      if (row == column || factor == 0) continue;
      for (std::size_t j = 0; j < n; ++j) {
        a[row * n + j] -= factor * a[column * n + j];
        inverse[row * n + j] -= factor * inverse[column * n + j];
      }
    }
  }
  return inverse;
}

}  // namespace evobrnn
