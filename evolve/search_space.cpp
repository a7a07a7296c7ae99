// SPDX-License-Identifier: Apache-2.0
#include "evolve/search_space.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "core/settings/json_depth.hpp"

namespace evobrnn {
namespace {

using nlohmann::ordered_json;

/// A relaxed integer gene has equal shares of [low − ½, high + ½] for its values.
constexpr double kHalf = 0.5;

double largest_index(const Gene& gene) { return static_cast<double>(gene.values.size()) - 1; }

double low_of(const Gene& gene) { return gene.kind == GeneKind::categorical ? 0 : gene.low; }
double high_of(const Gene& gene) { return gene.kind == GeneKind::categorical ? largest_index(gene) : gene.high; }

bool in_tail(const Gene& gene, Codec codec) {
  if (gene.kind == GeneKind::integer) return codec == Codec::mixed;
  return gene.kind == GeneKind::categorical && codec != Codec::relaxed;
}

/// Whether this gene's position holds a logarithm: pagmo2's integer tail holds plain integers.
bool is_log(const Gene& gene, Codec codec) { return gene.scale == GeneScale::log && !in_tail(gene, codec); }

std::pair<double, double> bounds_of(const Gene& gene, Codec codec) {
  double low = low_of(gene), high = high_of(gene);
  if (gene.kind != GeneKind::real && !in_tail(gene, codec)) low -= kHalf, high += kHalf;
  if (is_log(gene, codec)) low = std::log(low), high = std::log(high);
  return {low, high};
}

/// The gene's value at position `x` of pagmo2's vector, whatever `x` is.
Scalar decode_value(const Gene& gene, double x, Codec codec) {
  if (std::isnan(x)) x = bounds_of(gene, codec).first;
  double number = is_log(gene, codec) ? std::exp(x) : x;
  if (gene.kind != GeneKind::real) number = std::round(number);
  number = std::clamp(number, low_of(gene), high_of(gene));
  if (gene.kind == GeneKind::real) return number;
  const auto integer = static_cast<std::int64_t>(number);
  if (gene.kind == GeneKind::integer) return integer;
  return gene.values[static_cast<std::size_t>(integer)];
}

auto find_value(const Gene& gene, const Scalar& value) {
  return std::find_if(gene.values.begin(), gene.values.end(),
                      [&](const Scalar& own) { return same_value(own, value); });
}

double encode_value(const Gene& gene, const Scalar& value, Codec codec) {
  double number = 0;
  if (gene.kind == GeneKind::categorical) {
    const auto found = find_value(gene, value);
    if (found == gene.values.end())
      throw std::invalid_argument(gene.path + ": " + to_text(value) + " is none of its values");
    number = static_cast<double>(found - gene.values.begin());
  } else {
    number = to_number(value);
  }
  const auto [low, high] = bounds_of(gene, codec);
  return std::clamp(is_log(gene, codec) ? std::log(number) : number, low, high);
}

Scalar lowest_value(const Gene& gene) {
  if (gene.kind == GeneKind::real) return gene.low;
  if (gene.kind == GeneKind::integer) return static_cast<std::int64_t>(gene.low);
  return gene.values.front();
}

void check(const Gene& gene) {
  if (const auto broken = broken_rule(gene)) throw std::invalid_argument("gene " + gene.path + ": " + *broken);
}

ordered_json to_json(const Scalar& value) {
  return std::visit([](const auto& v) { return ordered_json(v); }, value);
}

Scalar value_from_json(const Gene& gene, const ordered_json& json) {
  const auto wrong = [&] {
    // Only plain values are quoted: one that is nested deeply would run over the stack.
    return std::invalid_argument(gene.path + ": " + (json.is_primitive() ? json.dump() : json.type_name()) +
                                 " is no value of this gene");
  };
  if (gene.kind == GeneKind::categorical) {
    for (const auto& value : gene.values) {
      if (to_json(value) == json) return value;
    }
    throw wrong();
  }
  if (!json.is_number() || (gene.kind == GeneKind::integer && !json.is_number_integer())) throw wrong();
  const double number = json.get<double>();
  if (!(number >= gene.low && number <= gene.high)) throw wrong();
  if (gene.kind == GeneKind::integer) return json.get<std::int64_t>();
  return number;
}

}  // namespace

SearchSpace::SearchSpace(std::vector<Gene> genes) : genes_(std::move(genes)) {
  if (genes_.empty()) throw std::invalid_argument("a search space needs at least one gene");
  std::set<std::string> seen;
  for (const auto& gene : genes_) {
    check(gene);
    if (!seen.insert(gene.path).second) throw std::invalid_argument("gene " + gene.path + " is there twice");
  }
  for (auto& gene : genes_) {
    for (auto& condition : gene.conditions) {
      if (!seen.count(condition.path))
        throw std::invalid_argument("gene " + gene.path + ": its condition names no gene: " + condition.path);
      condition.values = possible_values(gene, condition);
    }
  }
  for (const auto kind : {GeneKind::real, GeneKind::integer, GeneKind::categorical}) {
    for (std::size_t i = 0; i < genes_.size(); ++i) {
      if (genes_[i].kind == kind) order_.push_back(i);
    }
  }
  for (std::size_t i = 0; i < genes_.size(); ++i) {
    requirements_.push_back(requirements_of(i));
    require_possible(i);
  }
}

std::vector<Scalar> SearchSpace::possible_values(const Gene& gene, const GeneCondition& condition) const {
  const auto& other = genes_[index_of(condition.path)];
  std::vector<Scalar> values;
  std::string given;
  for (const auto& value : condition.values) {
    given += (given.empty() ? "" : " or ") + to_toml(to_value(value));
    if (auto meant = condition_value(other, value)) values.push_back(std::move(*meant));
  }
  if (values.empty())
    throw std::invalid_argument("gene " + gene.path + ": it would never apply: it needs " + other.path + " = " + given +
                                ", and that is " + range_text(other));
  return values;
}

void SearchSpace::require_possible(std::size_t gene) const {
  const auto& all = requirements_[gene];
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<Scalar> left = all[i].values;
    for (const auto& other : all) {
      if (other.gene != all[i].gene) continue;
      std::erase_if(left, [&](const Scalar& value) {
        return std::none_of(other.values.begin(), other.values.end(),
                            [&](const Scalar& needed) { return same_value(needed, value); });
      });
    }
    if (left.empty())
      throw std::invalid_argument(
          "gene " + genes_[gene].path + ": it would never apply: its conditions, with those of " +
          "the genes that they name, need several values of " + genes_[all[i].gene].path + " at once");
  }
}

std::vector<SearchSpace::Requirement> SearchSpace::requirements_of(std::size_t gene) const {
  // Each gene is followed once, however many ways lead to it: there can be exponentially many.
  std::vector<Requirement> all;
  std::vector<bool> seen(genes_.size());
  std::vector<std::size_t> to_follow{gene};
  while (!to_follow.empty()) {
    const auto next = to_follow.back();
    to_follow.pop_back();
    for (const auto& condition : genes_[next].conditions) {
      const auto index = index_of(condition.path);
      if (index == gene)
        throw std::invalid_argument("gene " + genes_[gene].path + ": its conditions go round in a circle");
      all.push_back({index, condition.values});
      if (!seen[index]) to_follow.push_back(index);
      seen[index] = true;
    }
  }
  return all;
}

std::size_t SearchSpace::integer_tail(Codec codec) const {
  return static_cast<std::size_t>(
      std::count_if(genes_.begin(), genes_.end(), [codec](const Gene& g) { return in_tail(g, codec); }));
}

std::pair<std::vector<double>, std::vector<double>> SearchSpace::bounds(Codec codec) const {
  std::pair<std::vector<double>, std::vector<double>> bounds;
  for (const auto i : order_) {
    const auto [low, high] = bounds_of(genes_[i], codec);
    bounds.first.push_back(low);
    bounds.second.push_back(high);
  }
  return bounds;
}

Genome SearchSpace::decode(const std::vector<double>& vector, Codec codec) const {
  if (vector.size() != size()) throw std::invalid_argument("a vector of another length than the search space");
  Genome genome(size());
  for (std::size_t i = 0; i < size(); ++i) genome[order_[i]] = decode_value(genes_[order_[i]], vector[i], codec);
  return canonical(std::move(genome));
}

std::vector<double> SearchSpace::encode(const Genome& genome, Codec codec) const {
  std::vector<double> vector;
  for (const auto i : order_) vector.push_back(encode_value(genes_[i], genome.at(i), codec));
  return vector;
}

std::size_t SearchSpace::index_of(const std::string& path) const {
  const auto found =
      std::find_if(genes_.begin(), genes_.end(), [&path](const Gene& gene) { return gene.path == path; });
  return static_cast<std::size_t>(found - genes_.begin());
}

Genome SearchSpace::lowest() const {
  Genome genome;
  for (const auto& gene : genes_) genome.push_back(lowest_value(gene));
  return genome;
}

Genome SearchSpace::highest() const {
  Genome genome;
  for (const auto& gene : genes_) {
    if (gene.kind == GeneKind::categorical) genome.push_back(gene.values.back());
    else if (gene.kind == GeneKind::integer) genome.emplace_back(static_cast<std::int64_t>(gene.high));
    else genome.emplace_back(gene.high);
  }
  return genome;
}

std::vector<double> SearchSpace::unit(const Genome& genome) const {
  std::vector<double> places;
  for (std::size_t i = 0; i < genes_.size(); ++i) {
    const auto& gene = genes_[i];
    if (gene.kind == GeneKind::categorical) {
      const auto found = find_value(gene, genome[i]);
      places.push_back(static_cast<double>(found - gene.values.begin()) / static_cast<double>(gene.values.size() - 1));
    } else {
      const bool log = gene.scale == GeneScale::log;
      const auto scaled = [log](double x) { return log ? std::log(x) : x; };
      places.push_back((scaled(to_number(genome[i])) - scaled(gene.low)) / (scaled(gene.high) - scaled(gene.low)));
    }
  }
  return places;
}

bool SearchSpace::active(std::size_t gene, const Genome& genome) const {
  return std::all_of(requirements_[gene].begin(), requirements_[gene].end(), [&](const Requirement& required) {
    const auto& value = genome.at(required.gene);
    return std::any_of(required.values.begin(), required.values.end(),
                       [&](const Scalar& needed) { return same_value(needed, value); });
  });
}

const Scalar& SearchSpace::value(const Genome& genome, const std::string& path) const {
  const auto index = index_of(path);
  if (index < size()) return genome.at(index);
  std::vector<std::string> known;
  for (const auto& gene : genes_) known.push_back(gene.path);
  throw std::out_of_range("no gene " + path + "; " + known_names(path, known));
}

Genome SearchSpace::canonical(Genome genome) const {
  const auto given = genome;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!active(i, given)) genome[i] = lowest_value(genes_[i]);
  }
  return genome;
}

std::string SearchSpace::text(const Genome& genome) const {
  auto object = ordered_json::object();
  for (std::size_t i = 0; i < size(); ++i) {
    if (active(i, genome)) object[genes_[i].path] = to_json(genome.at(i));
  }
  return object.dump();
}

Genome SearchSpace::parse(const std::string& text) const {
  if (json_depth(text) > 1) throw std::invalid_argument("a genome is a JSON object of plain values");
  ordered_json object;
  try {
    object = ordered_json::parse(text);
  } catch (const ordered_json::exception& error) {
    throw std::invalid_argument(std::string("no genome: ") + error.what());
  }
  if (!object.is_object()) throw std::invalid_argument("a genome is a JSON object");
  Genome genome;
  for (const auto& gene : genes_) {
    const auto given = object.find(gene.path);
    genome.push_back(given == object.end() ? lowest_value(gene) : value_from_json(gene, *given));
  }
  for (std::size_t i = 0; i < size(); ++i) {
    const bool given = object.contains(genes_[i].path);
    if (given != active(i, genome))
      throw std::invalid_argument(genes_[i].path + (given ? " is given, but does not apply" : " is missing"));
    object.erase(genes_[i].path);
  }
  if (!object.empty()) throw std::invalid_argument(object.begin().key() + " is no gene");
  return genome;
}

}  // namespace evobrnn
