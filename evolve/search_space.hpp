// SPDX-License-Identifier: Apache-2.0
/// The table of genes. Bounds, decoding, encoding, printing and pagmo2's integer tail all derive from it.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/trial.hpp"
#include "evolve/gene.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// One value a gene, in the order of the space: double for real, int64 for integer, one of `values` for categorical.
using Genome = std::vector<Scalar>;

/// How a genome is laid out as pagmo2's vector of doubles. Logarithmic genes are stored as logarithms.
/// Real genes come first, then integers, then indices of categories.
enum class Codec {
  mixed,    ///< integers and categories are pagmo2's integer tail
  ordered,  ///< only categories are; integers, which have an order, are reals in [low − ½, high + ½], rounded when
            ///< decoded
  relaxed   ///< all are reals, rounded when decoded
};

/// Immutable: all genes of a search, and how genomes are written.
class SearchSpace {
 public:
  /// A space without genes, to be assigned to.
  SearchSpace() = default;
  /// Throws std::invalid_argument for a space that contradicts itself (no gene, low > high, a range wider than the
  /// largest double, log scale from 0, a path twice, one category, a condition that can never hold).
  explicit SearchSpace(std::vector<Gene> genes);

  /// In the order of a genome's values.
  const std::vector<Gene>& genes() const { return genes_; }
  /// Genes.
  std::size_t size() const { return genes_.size(); }
  /// The length of pagmo2's integer tail.
  std::size_t integer_tail(Codec codec) const;

  /// Lowest and highest vector.
  std::pair<std::vector<double>, std::vector<double>> bounds(Codec codec) const;
  /// Any finite vector of the right length gives a valid genome: clamped, rounded, made canonical.
  Genome decode(const std::vector<double>& vector, Codec codec) const;
  /// The vector that decodes to this genome.
  std::vector<double> encode(const Genome& genome, Codec codec) const;

  /// Every gene at its lowest value, categories at their first.
  Genome lowest() const;
  /// Every gene at its highest value, categories at their last.
  Genome highest() const;

  /// Each gene's place in its range, in [0, 1] and in its scale; a category's by its index. Genes that do not apply are
  /// at 0.
  std::vector<double> unit(const Genome& genome) const;

  /// Whether the gene, by its index, applies in this genome.
  bool active(std::size_t gene, const Genome& genome) const;
  /// The value of the gene of that path; its lowest one where it does not apply. Throws std::out_of_range, with the
  /// known paths, for a path that is none.
  const Scalar& value(const Genome& genome, const std::string& path) const;
  /// Inactive genes at their lowest value, so that genomes that train the same network are equal.
  Genome canonical(Genome genome) const;
  /// Exact text of a genome: a JSON object path → value over the active genes; reals round-trip.
  std::string text(const Genome& genome) const;
  /// The inverse of text(). Throws std::invalid_argument.
  Genome parse(const std::string& text) const;

 private:
  /// A gene must have one of these values.
  struct Requirement {
    std::size_t gene;
    std::vector<Scalar> values;
  };

  std::size_t index_of(const std::string& path) const;  ///< of a gene that is there
  std::vector<Requirement> requirements_of(std::size_t gene) const;
  std::vector<Scalar> possible_values(const Gene& gene, const GeneCondition& condition) const;
  void require_possible(std::size_t gene) const;

  std::vector<Gene> genes_;
  std::vector<std::size_t> order_;  ///< gene of each position of pagmo2's vector
  /// What must hold for each gene to be active: its own conditions, and those of the genes that they name, and so on.
  std::vector<std::vector<Requirement>> requirements_;
};

}  // namespace evobrnn
