// SPDX-License-Identifier: Apache-2.0
/// Sequences as a table, a row a step: CSV with the columns `sample`, features, and `y` or `y_step`; docs/DATA.md has
/// the whole.
#pragma once

#include <string_view>

#include "core/data/sequence_file.hpp"

namespace evobrnn {

/// Throws DataError with line and column, without the file's name: a missing value, text where a number must be, rows
/// of a sample that do not stand together.
SequenceFile read_sequence_table(std::string_view bytes);

}  // namespace evobrnn
