// SPDX-License-Identifier: Apache-2.0
#include "core/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace evobrnn {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlanks = " \t";

std::string quoted(std::string_view text) {
  std::string cell = "\"";
  for (const char c : text) cell.append(c == '"' ? 2 : 1, c);
  return cell + '"';
}

bool blank(char c) { return kBlanks.find(c) != std::string_view::npos; }
bool line_break(char c) { return c == '\n' || c == '\r'; }

/// Reads cell after cell.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  }

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> rows;
    while (!rest_.empty()) {
      auto row = next_row();
      const auto& first = row.cells.front();
      if (row.cells.size() > 1 || first.quoted || !without_blanks(first.text).empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  CsvRow next_row() {
    CsvRow row{line_, {next_cell()}};
    while (!rest_.empty() && rest_.front() == ',') {
      rest_.remove_prefix(1);
      row.cells.push_back(next_cell());
    }
    if (!rest_.empty()) take_line_break();
    return row;
  }

  CsvCell next_cell() {
    const auto begin = rest_.find_first_not_of(kBlanks);
    if (begin != std::string_view::npos && rest_[begin] == '"') {
      rest_.remove_prefix(begin + 1);
      return quoted_cell();
    }
    const auto end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
    CsvCell cell{std::string(rest_.substr(0, end)), false};
    rest_.remove_prefix(end);
    return cell;
  }

  /// Behind its opening quote.
  CsvCell quoted_cell() {
    CsvCell cell{"", true};
    const auto opened = line_;
    for (;;) {
      if (rest_.empty()) throw CsvError(opened, "a quote that begins here is not closed");
      const char c = rest_.front();
      if (c == '"') {
        rest_.remove_prefix(1);
        if (rest_.empty() || rest_.front() != '"') break;
      }
      if (c == '\n' || (c == '\r' && !rest_.starts_with("\r\n"))) ++line_;
      cell.text += c;
      rest_.remove_prefix(1);
    }
    while (!rest_.empty() && blank(rest_.front())) rest_.remove_prefix(1);
    if (!rest_.empty() && rest_.front() != ',' && !line_break(rest_.front()))
      throw CsvError(line_, "text stands behind a closing quote; a quote within quotes is written twice");
    return cell;
  }

  void take_line_break() {
    rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : 1);
    ++line_;
  }

  std::string_view rest_;
  std::int64_t line_ = 1;
};

}  // namespace

std::string csv_cell(std::string_view text) {
  const bool plain = text.find_first_of(",\"\r\n") == std::string_view::npos && !text.starts_with(kByteOrderMark) &&
                     (text.empty() || (!blank(text.front()) && !blank(text.back())));
  return plain ? std::string(text) : quoted(text);
}

std::string csv_cell(double number) { return fmt::format("{}", number); }
std::string csv_cell(std::int64_t number) { return fmt::format("{}", number); }
std::string csv_value(std::string_view text) { return text.empty() ? "\"\"" : csv_cell(text); }
std::string csv_row(const std::vector<std::string>& cells) { return fmt::format("{}\n", fmt::join(cells, ",")); }

std::vector<CsvRow> read_csv(std::string_view bytes) { return Reader(bytes).rows(); }

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks), last = text.find_last_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view() : text.substr(first, last - first + 1);
}

}  // namespace evobrnn
