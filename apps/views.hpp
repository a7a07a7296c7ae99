// SPDX-License-Identifier: Apache-2.0
/// What a running search shows: a live view on a terminal, a line a generation elsewhere, JSON events, or nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "evolve/observer.hpp"

namespace evobrnn {

enum class ViewKind { automatic, quiet, json };

/// automatic: live where standard output is a terminal, else plain.
std::unique_ptr<SearchObserver> make_view(ViewKind kind, std::optional<ScoreKind> score);

/// A score as its task says it; where there is no task, the number as it is.
std::string told_score(std::optional<ScoreKind> kind, double score);

/// As much of the text as one line of the terminal holds; a pipe counts as 80 columns.
std::string fit_to_terminal(const std::string& text);
/// "2 min 05 s".
std::string duration(double seconds);
/// {"model.dt":0.3} as "model.dt = 0.3, …"
std::string genome_line(const std::string& genome);

}  // namespace evobrnn
