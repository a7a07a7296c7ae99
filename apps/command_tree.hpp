// SPDX-License-Identifier: Apache-2.0
/// The command line as plain structs, read from the parser itself: manual and completion are written from it, so they
/// cannot be stale.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace evobrnn {

/// An option or a positional argument, as --help shows it.
struct CommandOption {
  std::vector<std::string> names;    ///< with their dashes; a positional one has its name in capitals
  std::string value;                 ///< placeholder, as "DIR"; empty: none is shown
  std::string doc;                   ///< as --help says it
  std::string fallback;              ///< the default, where the parser knows it
  std::vector<std::string> choices;  ///< all values that it takes; empty: others too
  bool positional = false, takes_value = false, takes_path = false, required = false, repeated = false;
};

/// A command with all that belongs to it; the program itself is one without words.
struct CommandNode {
  std::vector<std::string> words;      ///< "list", "models"
  std::string doc, footer;             ///< what it does; what --help says below the options
  std::vector<CommandOption> options;  ///< positional ones first
  std::vector<CommandNode> commands;
};

/// All that is not hidden.
CommandNode command_tree(const CLI::App& app);

/// "list models".
std::string joined(const std::vector<std::string>& words, const std::string& between = " ");

/// The command and all below it, in order.
std::vector<const CommandNode*> all_nodes(const CommandNode& node);

}  // namespace evobrnn
