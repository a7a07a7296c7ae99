// SPDX-License-Identifier: Apache-2.0
/// `evobrnn manual`: the manual page, section 1, from the command line itself.
#include <fmt/format.h>

#include <sstream>

#include "apps/command_tree.hpp"
#include "apps/commands.hpp"
#include "apps/signals.hpp"

namespace evobrnn {
namespace {

const char* const kExitStatus = R"(.SH EXIT STATUS
What a command adds to this stands with it.
.TP
.B 0
It is done.
.TP
.B 1
It failed; or what was compared or checked differs.
.TP
.B 2
The command line, the settings, the data or the folder are wrong.
.TP
.B 3
A limit of the run was reached; it can be resumed.
.TP
.BR 130 ", " 143
Stopped by SIGINT or SIGTERM; a run can be resumed.
)";

const char* const kEnvironment = R"(.SH ENVIRONMENT
.TP
.B EVOBRNN_DATA
Folder of the data sets, where
.B \-\-data
names none.
.TP
.BR EVOBRNN_FAULT ", " EVOBRNN_INJECT
For tests of recovery: kill the program at a point, or let a share of the trials fail. Do not set them otherwise.
.TP
.BR EVOBRNN_TRIAL ", " EVOBRNN_SCRATCH
Set for a command of
.BR [evaluator] :
the file that holds its trial, and an empty folder that goes with it.
)";

const char* const kFiles = R"(.SH FILES
.TP
.I runs/NAME/
A run: experiment.toml (its settings), ledger.sqlite (every trial), provenance.json, weights/ (the champion's, as safetensors files), checkpoints/ and lock (while it runs).
.TP
.I ~/.local/share/evobrnn/
The data sets, where nothing else is named.
)";

const char* const kCompletion = R"roff(.SH SHELL COMPLETION
.B evobrnn completion
.I bash|zsh|fish
prints the completion of commands, options, settings and files, for example
.BR "source <(evobrnn completion bash)" .
.B evobrnn manual
prints this page.
)roff";

/// The code point that begins at text[at], which moves to the next. The text is our own: valid UTF-8.
char32_t next_code_point(const std::string& text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  char32_t point = first & (0x3fU >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    point = point << 6U | (static_cast<unsigned char>(text[at++]) & 0x3fU);
  return point;
}

/// Text as troff takes it in any locale; no line of it is a request.
std::string escaped(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool begins = at == 0 || text[at - 1] == '\n';
    const auto point = next_code_point(text, at);
    if (begins && (point == '.' || point == '\'')) out += "\\&";
    if (point == '\\') out += "\\e";
    else if (point == '-') out += "\\-";
    else if (point == '~') out += "\\(ti";
    else if (point == '^') out += "\\(ha";
    else if (point == '`') out += "\\(ga";
    else if (point == '\'') out += "\\(aq";
    else if (point < 0x80) out += static_cast<char>(point);
    else out += fmt::format("\\[u{:04X}]", static_cast<std::uint32_t>(point));
  }
  return out;
}

/// Lines that are indented, as examples are, stay as they are; others flow.
std::string paragraphs(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  bool verbatim = false;
  for (std::string line; std::getline(lines, line);) {
    const bool indented = line.starts_with("  ");
    if (indented != verbatim) out += indented ? ".PP\n.nf\n" : ".fi\n";
    verbatim = indented;
    out += line.empty() ? ".PP\n" : escaped(line) + "\n";
  }
  return verbatim ? out + ".fi\n" : out;
}

std::string option_text(const CommandOption& option) {
  std::string names;
  for (const auto& name : option.names) names += (names.empty() ? "" : ", ") + ("\\fB" + escaped(name) + "\\fR");
  if (!option.value.empty()) names += " \\fI" + escaped(option.value) + "\\fR";
  auto doc = escaped(option.doc);
  if (!option.fallback.empty()) doc += ". Default: " + escaped(option.fallback);
  if (option.repeated) doc += ". Takes several";
  return ".TP\n" + names + "\n" + doc + (doc.ends_with('.') ? "\n" : ".\n");
}

std::string synopsis(const CommandNode& node) {
  auto text = "\\fBevobrnn" + (node.words.empty() ? "" : " " + escaped(joined(node.words))) + "\\fR";
  if (!node.commands.empty()) text += " \\fICOMMAND\\fR";
  for (const auto& option : node.options) {
    if (option.positional)
      text += (option.required ? " \\fI" : " [\\fI") + option.names[0] + (option.required ? "\\fR" : "\\fR]");
  }
  return text + " [\\fIOPTIONS\\fR]";
}

std::string section(const CommandNode& node) {
  auto text = ".SS " + escaped(joined(node.words)) + "\n" + synopsis(node) + "\n.PP\n" + escaped(node.doc) + ".\n";
  for (const auto& option : node.options) text += option_text(option);
  return node.footer.empty() ? text : text + ".PP\n" + paragraphs(node.footer);
}

std::string manual(const CLI::App& app) {
  const auto tree = command_tree(app);
  auto text =
      ".\\\" SPDX-License-Identifier: Apache-2.0\n.\\\" Made by `evobrnn manual`.\n.TH EVOBRNN 1 \"\" \"evobrnn\" "
      "\"User Commands\"\n"
      ".SH NAME\nevobrnn \\- evolves the hyperparameters of biologically plausible recurrent networks\n"
      ".SH SYNOPSIS\n" +
      synopsis(tree) + "\n.SH DESCRIPTION\n" + paragraphs(tree.doc) +
      ".PP\nA settings file (TOML) says what is searched, trained and tested; \\fBevobrnn list settings\\fR describes "
      "every setting.\n.SH OPTIONS\n";
  for (const auto& option : tree.options) text += option_text(option);
  text += ".SH COMMANDS\n";
  for (const auto* node : all_nodes(tree)) {
    if (!node->words.empty()) text += section(*node);
  }
  return text + kExitStatus + kEnvironment + kFiles + kCompletion + ".SH EXAMPLES\n" + paragraphs(tree.footer);
}

}  // namespace

void add_manual(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("manual", "Prints the manual page, as troff: evobrnn manual | man -l -");
  command->group("");  // for whoever packages the program
  command->callback([&app, &exit_code] {
    fmt::print("{}", manual(app));
    exit_code = kExitOk;
  });
}

}  // namespace evobrnn
