// SPDX-License-Identifier: Apache-2.0
/// What a running search shows: a live view on a terminal, a line a generation elsewhere, JSON events, or nothing.
#pragma once

#include <memory>
#include <string>

#include "evolve/observer.hpp"

namespace evobrnn {

enum class ViewKind { automatic, quiet, json };

/// automatic: live where standard output is a terminal, else plain.
std::unique_ptr<SearchObserver> make_view(ViewKind kind, ScoreKind score);

/// As much of the text as one line of the terminal holds; a pipe counts as 80 columns.
std::string fit_to_terminal(const std::string& text);
/// "2 min 05 s".
std::string duration(double seconds);
/// {"model.dt":0.3} as "model.dt = 0.3, …"
std::string genome_line(const std::string& genome);

}  // namespace evobrnn
