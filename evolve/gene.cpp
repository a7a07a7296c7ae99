// SPDX-License-Identifier: Apache-2.0
#include "evolve/gene.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace evobrnn {

Gene real_gene(std::string name, double low, double high, GeneScale scale) {
  Gene gene;
  gene.path = std::move(name);
  gene.low = low;
  gene.high = high;
  gene.scale = scale;
  return gene;
}

Gene integer_gene(std::string name, std::int64_t low, std::int64_t high, GeneScale scale) {
  auto gene = real_gene(std::move(name), static_cast<double>(low), static_cast<double>(high), scale);
  gene.kind = GeneKind::integer;
  return gene;
}

Gene categorical_gene(std::string name, std::vector<Scalar> values) {
  Gene gene;
  gene.path = std::move(name);
  gene.kind = GeneKind::categorical;
  gene.values = std::move(values);
  return gene;
}

std::string gene_toml(const Gene& gene) {
  std::string range;
  if (gene.kind == GeneKind::categorical) {
    range = "values = " + to_toml(Value(gene.values));
  } else {
    const auto bound = [&gene](double number) {
      return to_toml(gene.kind == GeneKind::integer ? Value(static_cast<std::int64_t>(number)) : Value(number));
    };
    range = fmt::format("low = {}, high = {}", bound(gene.low), bound(gene.high));
    if (gene.scale == GeneScale::log) range += ", scale = \"log\"";
  }
  std::vector<std::string> when;
  for (const auto& [path, values] : gene.conditions)
    when.push_back(fmt::format("\"{}\" = {}", path, to_toml(Value(std::vector<Scalar>(values.begin(), values.end())))));
  if (!when.empty()) range += fmt::format(", when = {{ {} }}", fmt::join(when, ", "));
  return fmt::format("{} = {{ {} }}\n", gene.path, range);
}

std::string genes_toml(const std::vector<Gene>& genes) {
  std::string toml = genes.empty() ? "" : "\n[genes]\n";
  for (const auto& gene : genes) toml += gene_toml(gene);
  return toml;
}

}  // namespace evobrnn
