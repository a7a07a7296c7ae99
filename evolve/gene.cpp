// SPDX-License-Identifier: Apache-2.0
#include "evolve/gene.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace evobrnn {
namespace {

constexpr const char* kIntegerRule = "must be from -2^53 to 2^53 where it is searched";

}  // namespace

Gene real_gene(std::string name, double low, double high, GeneScale scale) {
  Gene gene;
  gene.path = std::move(name);
  gene.low = low;
  gene.high = high;
  gene.scale = scale;
  return gene;
}

Gene integer_gene(std::string name, std::int64_t low, std::int64_t high, GeneScale scale) {
  for (const auto bound : {low, high}) {
    if (bound > kLargestInteger || bound < -kLargestInteger)
      throw std::invalid_argument(fmt::format("gene {}: {} {}", name, bound, kIntegerRule));
  }
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

bool same_value(const Scalar& left, const Scalar& right) {
  const auto* integer = std::get_if<std::int64_t>(&left);
  const auto* real = std::get_if<double>(&right);
  if (!integer || !real) {
    integer = std::get_if<std::int64_t>(&right);
    real = std::get_if<double>(&left);
  }
  // Beyond 2^53 an integer may lie between two reals.
  if (integer && real)
    return std::abs(*real) < 0x1p63 && static_cast<std::int64_t>(*real) == *integer && std::floor(*real) == *real;
  return left == right;  // −0.0 is 0.0
}

std::optional<Scalar> in_kind(SettingKind kind, const Scalar& value) {
  const auto* text = std::get_if<std::string>(&value);
  const auto* real = std::get_if<double>(&value);
  const auto number = [&]() -> std::optional<double> {
    if (!text) return std::holds_alternative<bool>(value) ? std::nullopt : std::optional(to_number(value));
    double parsed = 0;
    const auto end = std::from_chars(text->data(), text->data() + text->size(), parsed);
    return end.ec == std::errc() && end.ptr == text->data() + text->size() ? std::optional(parsed) : std::nullopt;
  };
  switch (kind) {
    case SettingKind::boolean:
      if (text && (*text == "true" || *text == "false")) return *text == "true";
      return std::holds_alternative<bool>(value) ? std::optional(value) : std::nullopt;
    case SettingKind::integer: {
      if (!text && !real && !std::holds_alternative<bool>(value)) return value;
      const auto parsed = number();
      if (!parsed || std::floor(*parsed) != *parsed || std::abs(*parsed) > static_cast<double>(kLargestInteger))
        return std::nullopt;
      return static_cast<std::int64_t>(*parsed);
    }
    case SettingKind::real:
      if (const auto parsed = number()) return *parsed;
      return std::nullopt;
    case SettingKind::text:
      return text ? std::optional(value) : std::nullopt;
    case SettingKind::text_list:
      break;
  }
  return std::nullopt;
}

namespace {

SettingKind kind_of(const Scalar& value) {
  constexpr SettingKind kKinds[] = {SettingKind::boolean, SettingKind::integer, SettingKind::real, SettingKind::text};
  return kKinds[value.index()];
}

}  // namespace

std::optional<Scalar> condition_value(const Gene& gene, const Scalar& value) {
  if (gene.kind == GeneKind::categorical) {
    for (const auto& own : gene.values) {
      const auto meant = in_kind(kind_of(own), value);
      if (meant && same_value(*meant, own)) return own;
    }
    return std::nullopt;
  }
  if (gene.kind == GeneKind::real) return std::nullopt;  // any one of so many values is as good as never drawn
  const auto meant = in_kind(SettingKind::integer, value);
  return meant && to_number(*meant) >= gene.low && to_number(*meant) <= gene.high ? meant : std::nullopt;
}

std::string range_text(const Gene& gene) {
  if (gene.kind == GeneKind::categorical) {
    std::vector<std::string> values;
    for (const auto& value : gene.values) values.push_back(to_toml(to_value(value)));
    return fmt::format("one of {}", fmt::join(values, ", "));
  }
  if (gene.kind == GeneKind::integer) return fmt::format("an integer from {:.0f} to {:.0f}", gene.low, gene.high);
  return fmt::format("any real number in [{}, {}]", gene.low, gene.high);
}

std::optional<std::string> broken_rule(const Gene& gene) {
  if (gene.kind == GeneKind::categorical) {
    if (gene.values.size() < 2) return "needs at least two values";
    for (std::size_t i = 0; i < gene.values.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (same_value(gene.values[i], gene.values[j]))
          return fmt::format("has the value {} twice", to_text(gene.values[i]));
      }
    }
    return std::nullopt;
  }
  if (!std::isfinite(gene.low) || !std::isfinite(gene.high)) return "low and high must be finite";
  if (gene.low >= gene.high) return "low must be below high";
  if (!std::isfinite(gene.high - gene.low))
    return fmt::format("the range from {} to {} is wider than the largest double, {:.3g}: no strategy can draw from it",
                       gene.low, gene.high, std::numeric_limits<double>::max());
  if (gene.scale == GeneScale::log) {
    if (gene.low <= 0) return "a logarithmic scale needs low above 0";
    if (gene.low < std::numeric_limits<double>::min())
      return fmt::format("a logarithmic scale needs low of at least {:.3g}: below, doubles lose their digits",
                         std::numeric_limits<double>::min());
    if (std::log(gene.low) >= std::log(gene.high))
      return "low and high are too close for a logarithmic scale: their logarithms are the same";
  }
  if (gene.kind == GeneKind::integer) {
    if (gene.low != std::floor(gene.low) || gene.high != std::floor(gene.high)) return "low and high must be integers";
    if (std::max(-gene.low, gene.high) > static_cast<double>(kLargestInteger))
      return fmt::format("low and high {}", kIntegerRule);
  }
  return std::nullopt;
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
    when.push_back(fmt::format("\"{}\" = {}", path, to_toml(Value(values))));
  if (!when.empty()) range += fmt::format(", when = {{ {} }}", fmt::join(when, ", "));
  return fmt::format("{} = {{ {} }}\n", gene.path, range);
}

std::string genes_toml(const std::vector<Gene>& genes) {
  std::string toml = genes.empty() ? "" : "\n[genes]\n";
  for (const auto& gene : genes) toml += gene_toml(gene);
  return toml;
}

}  // namespace evobrnn
