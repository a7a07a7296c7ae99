// SPDX-License-Identifier: Apache-2.0
/// A comparison as text: tables for the terminal and for papers, and CSV.
#pragma once

#include <map>
#include <string>

#include "evolve/comparison/comparison.hpp"

namespace [[gnu::visibility("default")]] evobrnn {

/// Two tables, of arms and of pairs, then conclusion and warnings.
std::string to_terminal(const Comparison& comparison);

/// The same as Markdown, with the methods in words.
std::string to_markdown(const Comparison& comparison, const std::string& name);

/// File name → CSV with a header: repeats.csv, pairs.csv, curves.csv, hyperparameters.csv, importance.csv.
std::map<std::string, std::string> to_csv(const Comparison& comparison);

}  // namespace evobrnn
