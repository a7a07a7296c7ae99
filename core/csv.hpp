// SPDX-License-Identifier: Apache-2.0
/// Comma-separated values as RFC 4180 has them: one writer and one reader for every table. Free of LibTorch.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace evobrnn {

/// A text as a cell: quoted where it holds a comma, a quote, a line break, or a blank at either end. An empty text is
/// an empty cell. Texts stay as they are: one that begins with = + - @ is a formula to a spreadsheet program.
std::string csv_cell(std::string_view text);
/// The shortest text that reads back as the same bits; nan, inf, -inf.
std::string csv_cell(double number);
std::string csv_cell(std::int64_t number);
/// As csv_cell(), but an empty text is "", so that it differs from the empty cell of a value that is not there.
std::string csv_value(std::string_view text);
/// One row of such cells with its line break.
std::string csv_row(const std::vector<std::string>& cells);

/// A cell that was read.
struct CsvCell {
  std::string text;     ///< without its quotes; of one without quotes all that stands between the commas, blanks too
  bool quoted = false;  ///< "" is an empty text, nothing at all is no value
};

/// A row that was read.
struct CsvRow {
  std::int64_t line = 0;  ///< where it begins, from 1: cells may hold line breaks
  std::vector<CsvCell> cells;
};

/// The bytes are no CSV; `line` says where, from 1.
class CsvError : public std::runtime_error {
 public:
  CsvError(std::int64_t where, const std::string& what) : std::runtime_error(what), line(where) {}
  const std::int64_t line;
};

/// All rows of a file's bytes. A UTF-8 byte order mark at the beginning is passed over, and lines without a cell; lines
/// end with LF, CRLF or CR. Blanks may stand around quotes. Throws CsvError: a quote that is not closed, or text behind
/// one.
std::vector<CsvRow> read_csv(std::string_view bytes);

/// Without the blanks at both ends.
std::string_view without_blanks(std::string_view text);

}  // namespace evobrnn
