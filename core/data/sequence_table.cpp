// SPDX-License-Identifier: Apache-2.0
#include "core/data/sequence_table.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "core/csv.hpp"
#include "core/data/sequence_inputs.hpp"
#include "core/read_number.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

[[noreturn]] void wrong(std::int64_t line, const std::string& what) {
  throw DataError(fmt::format("line {}: {}", line, what));
}

/// Which column is what; a missing one is nothing.
struct Columns {
  std::optional<std::size_t> sample, step, y, y_step, mask;
  std::vector<std::size_t> features;
  std::size_t count = 0;
};

Columns read_header(const CsvRow& row) {
  Columns columns;
  std::set<std::string> names;
  const auto& cells = row.cells;
  const bool numbers = std::all_of(cells.begin(), cells.end(), [](const CsvCell& cell) {
    return read_number<double>(without_blanks(cell.text)).has_value();
  });
  if (numbers || cells.front().text.find_first_of("\t;") != std::string::npos)
    wrong(row.line, "a table of sequences begins with the names of its columns, between commas: sample, features, y");
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string name(without_blanks(cells[i].text));
    if (!names.insert(name).second) wrong(row.line, "the column " + name + " is there twice");
    if (name == "sample") columns.sample = i;
    else if (name == "step") columns.step = i;
    else if (name == "y") columns.y = i;
    else if (name == "y_step") columns.y_step = i;
    else if (name == "mask") columns.mask = i;
    else columns.features.push_back(i);
  }
  columns.count = cells.size();
  if (!columns.sample) wrong(row.line, "has no column sample, which says what rows belong together");
  if (columns.features.empty()) wrong(row.line, "has no column of a feature beside sample, step, y, y_step and mask");
  if (columns.y && columns.y_step) wrong(row.line, "has y, one a sample, and y_step, one a row: one of them is meant");
  return columns;
}

struct TableSample {
  std::vector<double> values, masks;  ///< [steps, features], [steps]
  std::vector<std::string> targets;   ///< of every row
};

class TableReader {
 public:
  explicit TableReader(std::string_view bytes) : rows_(rows_of(bytes)), columns_(read_header(rows_.front())) {}

  SequenceFile read() {
    for (std::size_t i = 1; i < rows_.size(); ++i) read_row(rows_[i]);
    if (samples_.empty()) wrong(rows_.front().line, "no row follows the names of the columns");
    return to_tensors();
  }

 private:
  static std::vector<CsvRow> rows_of(std::string_view bytes) {
    try {
      auto rows = read_csv(bytes);
      if (rows.empty()) wrong(1, "is empty");
      return rows;
    } catch (const CsvError& error) {
      wrong(error.line, error.what());
    }
  }

  double number(const CsvRow& row, std::size_t column) const {
    const auto text = without_blanks(row.cells[column].text);
    const auto name = rows_.front().cells[column].text;
    if (text.empty()) wrong(row.line, fmt::format("{}: a missing value; fill gaps before training", name));
    const auto value = read_number<double>(text);
    if (!value || !std::isfinite(*value))
      wrong(row.line, fmt::format("{}: \"{}\" is no finite number", name, text.substr(0, 40)));
    return *value;
  }

  void read_row(const CsvRow& row) {
    if (row.cells.size() != columns_.count)
      wrong(row.line, fmt::format("has {} cells, and the first row names {}", row.cells.size(), columns_.count));
    const std::string sample(without_blanks(row.cells[*columns_.sample].text));
    if (samples_.empty() || sample != name_) {
      if (!names_.insert(sample).second)
        wrong(row.line, fmt::format("sample {} comes again; the rows of a sample stand together", sample));
      name_ = sample;
      samples_.emplace_back();
      first_step_.reset();
    }
    auto& one = samples_.back();
    if (columns_.step) check_step(row, static_cast<double>(one.targets.size()));
    for (const auto column : columns_.features) one.values.push_back(number(row, column));
    if (columns_.mask) one.masks.push_back(number(row, *columns_.mask));
    const auto target = columns_.y ? columns_.y : columns_.y_step;
    one.targets.emplace_back(target ? without_blanks(row.cells[*target].text) : "");
    if (target && one.targets.back().empty()) wrong(row.line, "has no target");
    if (columns_.y && one.targets.back() != one.targets.front())
      wrong(row.line, fmt::format("y is {}, and {} in the first row of sample {}; a target at every step is y_step",
                                  one.targets.back(), one.targets.front(), sample));
  }

  /// Steps are counted from 0 or from 1.
  void check_step(const CsvRow& row, double place) {
    const auto step = number(row, *columns_.step);
    if (!first_step_) first_step_ = step;
    if ((*first_step_ != 0 && *first_step_ != 1) || step != *first_step_ + place)
      wrong(row.line, fmt::format("step is {}; steps of a sample go up by one, from 0 or 1", step));
  }

  at::Tensor targets(SequenceFile& file) const {
    std::vector<std::string> all;
    for (const auto& one : samples_) {
      if (columns_.y) all.push_back(one.targets.front());
      else all.insert(all.end(), one.targets.begin(), one.targets.end());
    }
    const auto each = [&all](auto convert) { return std::all_of(all.begin(), all.end(), convert); };
    if (each([](const auto& text) { return read_number<std::int64_t>(text).has_value(); })) {
      auto y = at::empty({static_cast<std::int64_t>(all.size())}, at::kLong);
      std::transform(all.begin(), all.end(), y.data_ptr<std::int64_t>(),
                     [](const auto& text) { return *read_number<std::int64_t>(text); });
      return y;
    }
    auto y = at::empty({static_cast<std::int64_t>(all.size())}, at::kDouble);
    if (each([](const auto& text) { return read_number<double>(text).has_value(); })) {
      std::transform(all.begin(), all.end(), y.data_ptr<double>(),
                     [](const auto& text) { return *read_number<double>(text); });
      return y;
    }
    const std::set<std::string> labels(all.begin(), all.end());
    file.labels.assign(labels.begin(), labels.end());
    y = y.to(at::kLong);
    std::transform(all.begin(), all.end(), y.data_ptr<std::int64_t>(),
                   [&labels](const auto& text) { return std::distance(labels.begin(), labels.find(text)); });
    return y;
  }

  SequenceFile to_tensors() const {
    std::int64_t longest = 0, rows = 0;
    for (const auto& one : samples_) {
      longest = std::max(longest, static_cast<std::int64_t>(one.targets.size()));
      rows += static_cast<std::int64_t>(one.targets.size());
    }
    const auto samples = static_cast<std::int64_t>(samples_.size()),
               features = static_cast<std::int64_t>(columns_.features.size());
    check_filling(rows * features, samples, longest, features);
    SequenceFile file;
    auto x = at::zeros({samples, longest, features}, at::kDouble), lengths = at::empty({samples}, at::kLong);
    auto mask = at::zeros({samples, longest}, at::kDouble);
    const bool every_step = columns_.y_step.has_value(), has_target = columns_.y || columns_.y_step;
    const auto flat = has_target ? targets(file) : at::Tensor();
    auto y = every_step ? at::zeros({samples, longest}, flat.options()) : flat;
    std::int64_t row = 0;
    for (std::int64_t i = 0; i < samples; ++i) {
      const auto& one = samples_[static_cast<std::size_t>(i)];
      const auto steps = static_cast<std::int64_t>(one.targets.size());
      std::copy(one.values.begin(), one.values.end(), x[i].data_ptr<double>());
      if (columns_.mask) std::copy(one.masks.begin(), one.masks.end(), mask[i].data_ptr<double>());
      if (every_step) y[i].narrow(0, 0, steps).copy_(flat.narrow(0, row, steps));
      lengths.data_ptr<std::int64_t>()[i] = steps;
      row += steps;
    }
    if (every_step && y.is_floating_point()) y = y.unsqueeze(2);
    file.tensors = {{"x", x}, {"lengths", lengths}};
    if (has_target) file.tensors.push_back({"y", y});
    if (columns_.mask) file.tensors.push_back({"mask", mask});
    return file;
  }

  const std::vector<CsvRow> rows_;
  const Columns columns_;
  std::vector<TableSample> samples_;
  std::set<std::string> names_;
  std::string name_;
  std::optional<double> first_step_;
};

}  // namespace

SequenceFile read_sequence_table(std::string_view bytes) { return TableReader(bytes).read(); }

}  // namespace evobrnn
