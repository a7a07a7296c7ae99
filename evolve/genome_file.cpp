// SPDX-License-Identifier: Apache-2.0
#include "evolve/genome_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "core/csv.hpp"
#include "evolve/atomic_file.hpp"

namespace evobrnn {
namespace {

/// The whole of the text as a number, in any process's locale.
template <class Number>
std::optional<Number> read_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  Number number{};
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end && !text.empty() ? std::optional(number) : std::nullopt;
}

std::optional<Scalar> category_of(const Gene& gene, std::string_view text) {
  for (const auto& value : gene.values) {
    if (to_text(value) == text) return value;
  }
  return std::nullopt;
}

/// The gene's value that a cell names, or nothing. Blanks around a text count where one of the values has them.
std::optional<Scalar> read_cell(const Gene& gene, const CsvCell& cell) {
  if (gene.kind == GeneKind::categorical) {
    const auto exact = category_of(gene, cell.text);
    return exact || cell.quoted ? exact : condition_value(gene, std::string(without_blanks(cell.text)));  // "0" is 0.0
  }
  const auto text = without_blanks(cell.text);
  const auto integer = read_number<std::int64_t>(text);
  const auto number = read_number<double>(text);
  if (!number || !(*number >= gene.low && *number <= gene.high)) return std::nullopt;
  if (gene.kind == GeneKind::real) return *number;
  if (integer) return *integer;
  const auto whole = static_cast<std::int64_t>(*number);  // as 3.0 and 1e3
  return static_cast<double>(whole) == *number ? std::optional<Scalar>(whole) : std::nullopt;
}

std::string rule_text(const Gene& gene) {
  if (gene.kind == GeneKind::categorical) {
    std::vector<std::string> values;
    for (const auto& value : gene.values) values.push_back(csv_value(to_text(value)));
    return fmt::format("must be one of {}", fmt::join(values, ", "));
  }
  return fmt::format("must be {} from {} to {}", gene.kind == GeneKind::integer ? "an integer" : "a number", gene.low,
                     gene.high);
}

Scalar any_value(const Gene& gene) {
  if (gene.kind == GeneKind::categorical) return gene.values.front();
  return gene.kind == GeneKind::real ? Scalar(gene.low) : Scalar(static_cast<std::int64_t>(gene.low));
}

/// Reads one file, and keeps what is wrong with it.
class GenomeReader {
 public:
  GenomeReader(const std::filesystem::path& file, const SearchSpace& space) : file_(file.string()), space_(space) {}

  std::vector<Genome> read(const std::vector<CsvRow>& rows) {
    if (rows.empty()) wrong("", "", "", "holds no genome");
    else read_header(rows.front());
    stop_at_mistakes();
    for (std::size_t i = 1; i < rows.size(); ++i) read_row(rows[i]);
    if (genomes_.empty() && mistakes_.empty()) wrong("", "", "", "holds no genome");
    stop_at_mistakes();
    return std::move(genomes_);
  }

 private:
  void wrong(const std::string& line, const std::string& gene, const std::string& cell, const std::string& rule) {
    mistakes_.push_back({file_ + line, gene, cell, rule});
  }
  void stop_at_mistakes() {
    if (!mistakes_.empty()) throw SettingsError(std::move(mistakes_));
  }

  void read_header(const CsvRow& header) {
    std::vector<std::string> paths;
    for (const auto& gene : space_.genes()) paths.push_back(gene.path);
    const auto line = fmt::format(":{}", header.line);
    for (const auto& cell : header.cells) {
      const std::string name(without_blanks(cell.text));
      if (!columns_.try_emplace(name, columns_.size()).second) wrong(line, name, "", "is there twice");
      else if (std::find(paths.begin(), paths.end(), name) == paths.end())
        wrong(line, name, "", "is no gene; " + known_names(name, paths));
    }
    for (const auto& path : paths) {
      if (!columns_.count(path)) wrong(line, path, "", "this gene has no column");
    }
  }

  void read_row(const CsvRow& row) {
    const auto line = fmt::format(":{}", row.line);
    if (row.cells.size() != columns_.size())
      return wrong(line, "", "", fmt::format("has {} cells; the header has {}", row.cells.size(), columns_.size()));
    Genome genome;
    std::vector<bool> given;
    for (const auto& gene : space_.genes()) {
      const auto& cell = row.cells[columns_.at(gene.path)];
      const bool empty = !cell.quoted && without_blanks(cell.text).empty();
      const auto value = read_cell(gene, cell);
      given.push_back(value || !empty);
      if (!value && !empty) wrong(line, gene.path, csv_value(cell.text), rule_text(gene));
      genome.push_back(value.value_or(any_value(gene)));
    }
    for (std::size_t i = 0; i < genome.size(); ++i) {
      if (!given[i] && space_.active(i, genome))
        wrong(line, space_.genes()[i].path, "", "is empty, but applies to this genome");
    }
    genomes_.push_back(space_.canonical(std::move(genome)));
  }

  const std::string file_;
  const SearchSpace& space_;
  std::map<std::string, std::size_t> columns_;
  std::vector<Diagnostic> mistakes_;
  std::vector<Genome> genomes_;
};

std::vector<CsvRow> rows_of(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) throw SettingsError({{file.string(), "", "", "cannot be read"}});
  std::string bytes;
  try {
    bytes = read_whole(file);
  } catch (const std::exception&) {
    throw SettingsError({{file.string(), "", "", "cannot be read"}});
  }
  try {
    return read_csv(bytes);
  } catch (const CsvError& error) {
    throw SettingsError({{fmt::format("{}:{}", file.string(), error.line), "", "", error.what()}});
  }
}

}  // namespace

std::vector<Genome> read_genomes(const std::filesystem::path& file, const SearchSpace& space) {
  return GenomeReader(file, space).read(rows_of(file));
}

std::string genomes_csv(const SearchSpace& space, const std::vector<Genome>& genomes) {
  std::vector<std::string> cells;
  for (const auto& gene : space.genes()) cells.push_back(csv_cell(gene.path));
  auto csv = csv_row(cells);
  for (const auto& genome : genomes) {
    cells.clear();
    for (std::size_t i = 0; i < genome.size(); ++i)
      cells.push_back(space.active(i, genome) ? csv_value(to_text(genome[i])) : "");
    csv += csv_row(cells);
  }
  return csv;
}

}  // namespace evobrnn
