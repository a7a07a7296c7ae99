// SPDX-License-Identifier: Apache-2.0
/// What a running search shows: a live view on a terminal, a line a generation elsewhere, JSON events, or nothing.
#pragma once

#include <memory>
#include <string>

#include "evolve/observer.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// How much is shown.
enum class ViewKind {
  automatic,  ///< live where standard output is a live_terminal(), else a line a generation
  quiet,      ///< nothing
  json        ///< a JSON object an event, a line each
};

/// An observer that prints to standard output:
/// `evolve(plan, folder, {make_view(ViewKind::automatic, plan.score).get()})`. `score`: how scores are told.
std::unique_ptr<SearchObserver> make_view(ViewKind kind, const ScoreMeaning& score);

/// The bar, how much of the work is done and what time is left, `since` seconds after `progress` was told. The work is
/// what trainings cost, the final ones included, not how many there are.
std::string progress_line(const SearchProgress& progress, double since);

/// A score as its task says it; where there is no task, the number as the user knows it.
std::string told_score(const ScoreMeaning& meaning, double score);

/// Whether standard output is a terminal that obeys escape codes, so that lines can be drawn again: not with TERM=dumb
/// or without TERM.
bool live_terminal();
/// As much of the text as one line of the terminal holds; a pipe counts as 80 columns.
std::string fit_to_terminal(const std::string& text);
/// "2 min 05 s".
std::string duration(double seconds);
/// {"model.dt":0.3} as "model.dt = 0.3, …"
std::string genome_line(const std::string& genome);

}  // namespace evobrnn
