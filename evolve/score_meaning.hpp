// SPDX-License-Identifier: Apache-2.0
/// What the scores of a run are, so that whoever reads them is told the numbers that the user knows.
#pragma once

#include <optional>
#include <string>

#include "core/trial.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// The search maximises what the ledger keeps. The ledger keeps this beside it.
struct ScoreMeaning {
  std::optional<ScoreKind> kind;  ///< of networks; nothing: a number of an objective of the user's
  bool minimised = false;  ///< the ledger keeps the negative of the user's numbers, the smallest of which is best

  /// The number as the user knows it.
  double told(double score) const { return minimised ? -score : score; }
  friend bool operator==(const ScoreMeaning&, const ScoreMeaning&) = default;
};

/// "accuracy", "mean squared error", "maximised" or "minimised".
std::string to_text(const ScoreMeaning& meaning);
/// Its inverse; nothing for any other text.
std::optional<ScoreMeaning> score_meaning_from_text(const std::string& text);

}  // namespace evobrnn
