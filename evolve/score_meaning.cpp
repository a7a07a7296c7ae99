// SPDX-License-Identifier: Apache-2.0
#include "evolve/score_meaning.hpp"

namespace evobrnn {

std::string to_text(const ScoreMeaning& meaning) {
  if (meaning.kind) return to_text(*meaning.kind);
  return meaning.minimised ? "minimised" : "maximised";
}

std::optional<ScoreMeaning> score_meaning_from_text(const std::string& text) {
  for (const auto& meaning : {ScoreMeaning{ScoreKind::accuracy}, ScoreMeaning{ScoreKind::mse}, ScoreMeaning{},
                              ScoreMeaning{std::nullopt, true}}) {
    if (to_text(meaning) == text) return meaning;
  }
  return std::nullopt;
}

}  // namespace evobrnn
