// SPDX-License-Identifier: Apache-2.0
#include "evolve/genome_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>

namespace evobrnn {
namespace {

std::string trim(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\""), last = text.find_last_not_of(" \t\r\"");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

std::vector<std::string> split_line(const std::string& line) {
  std::vector<std::string> cells;
  std::size_t begin = 0;
  for (std::size_t end; begin <= line.size(); begin = end + 1) {
    end = std::min(line.find(',', begin), line.size());
    cells.push_back(trim(line.substr(begin, end - begin)));
  }
  return cells;
}

/// The gene's value that a cell names, or nothing.
std::optional<Scalar> read_cell(const Gene& gene, const std::string& cell) {
  if (gene.kind == GeneKind::categorical) return condition_value(gene, cell);  // "0" is 0.0
  char* end = nullptr;
  const double number = std::strtod(cell.c_str(), &end);
  if (end == cell.c_str() || *end != '\0' || !(number >= gene.low && number <= gene.high)) return std::nullopt;
  if (gene.kind == GeneKind::real) return number;
  const auto integer = static_cast<std::int64_t>(number);
  return static_cast<double>(integer) == number ? std::optional<Scalar>(integer) : std::nullopt;
}

std::string rule_text(const Gene& gene) {
  if (gene.kind == GeneKind::categorical) {
    std::vector<std::string> values;
    for (const auto& value : gene.values) values.push_back(to_text(value));
    return fmt::format("must be one of {}", fmt::join(values, ", "));
  }
  return fmt::format("must be {} from {} to {}", gene.kind == GeneKind::integer ? "an integer" : "a number", gene.low,
                     gene.high);
}

}  // namespace

std::vector<Genome> read_genomes(const std::filesystem::path& file, const SearchSpace& space) {
  std::ifstream stream(file);
  if (!stream || std::filesystem::is_directory(file)) throw SettingsError({{file.string(), "", "", "cannot be read"}});
  std::vector<Diagnostic> mistakes;
  std::string line;
  std::getline(stream, line);
  const auto header = split_line(line);
  std::vector<std::string> paths;
  for (const auto& gene : space.genes()) paths.push_back(gene.path);
  std::map<std::string, std::size_t> columns;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto& name = header[i];
    if (!columns.try_emplace(name, i).second) mistakes.push_back({file.string() + ":1", name, "", "is there twice"});
    else if (std::find(paths.begin(), paths.end(), name) == paths.end())
      mistakes.push_back({file.string() + ":1", name, "", "is no gene; " + known_names(name, paths)});
  }
  for (const auto& path : paths) {
    if (!columns.count(path)) mistakes.push_back({file.string() + ":1", path, "", "this gene has no column"});
  }
  if (!mistakes.empty()) throw SettingsError(std::move(mistakes));

  std::vector<Genome> genomes;
  for (std::int64_t number = 2; std::getline(stream, line); ++number) {
    if (trim(line).empty()) continue;
    const auto where = fmt::format("{}:{}", file.string(), number);
    const auto cells = split_line(line);
    if (cells.size() != header.size()) {
      mistakes.push_back({where, "", "", fmt::format("has {} cells; the header has {}", cells.size(), header.size())});
      continue;
    }
    Genome genome;
    std::vector<bool> given;
    for (const auto& gene : space.genes()) {
      const auto& cell = cells[columns.at(gene.path)];
      const auto value = read_cell(gene, cell);
      given.push_back(!cell.empty());
      if (!value && !cell.empty()) mistakes.push_back({where, gene.path, cell, rule_text(gene)});
      genome.push_back(value.value_or(gene.kind == GeneKind::real      ? Scalar(gene.low)
                                      : gene.kind == GeneKind::integer ? Scalar(static_cast<std::int64_t>(gene.low))
                                                                       : gene.values.front()));
    }
    for (std::size_t i = 0; i < genome.size(); ++i) {
      if (!given[i] && space.active(i, genome))
        mistakes.push_back({where, space.genes()[i].path, "", "is empty, but applies to this genome"});
    }
    genomes.push_back(space.canonical(std::move(genome)));
  }
  if (genomes.empty() && mistakes.empty()) mistakes.push_back({file.string(), "", "", "holds no genome"});
  if (!mistakes.empty()) throw SettingsError(std::move(mistakes));
  return genomes;
}

std::string genomes_csv(const SearchSpace& space, const std::vector<Genome>& genomes) {
  std::vector<std::string> cells;
  for (const auto& gene : space.genes()) cells.push_back(gene.path);
  auto csv = fmt::format("{}\n", fmt::join(cells, ","));
  for (const auto& genome : genomes) {
    cells.clear();
    for (std::size_t i = 0; i < genome.size(); ++i) cells.push_back(space.active(i, genome) ? to_text(genome[i]) : "");
    csv += fmt::format("{}\n", fmt::join(cells, ","));
  }
  return csv;
}

}  // namespace evobrnn
