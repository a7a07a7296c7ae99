// SPDX-License-Identifier: Apache-2.0
/// What is wrong with a settings file, said once for all its mistakes.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace [[gnu::visibility("default")]] evobrnn {

/// One mistake. Empty parts are left out of the message.
struct Diagnostic {
  std::string where;  ///< "file.toml:12", or "--set" for the command line
  std::string key;    ///< the settings path, as "model.dt"
  std::string value;  ///< what was given
  std::string rule;   ///< what must hold, with the known names and the nearest one where it is a name
};

/// "file.toml:12: model.dt = 1.5: must be in (0, 1]".
std::string to_text(const Diagnostic& diagnostic);

/// All mistakes of the input at once; what() is one line for each.
class SettingsError : public std::runtime_error {
 public:
  /// At least one mistake.
  explicit SettingsError(std::vector<Diagnostic> diagnostics);
  /// Each mistake by itself, in the order of the input.
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

/// The name that was probably meant: the same key in another section, else the nearest by edit distance; empty where
/// none is near.
std::string nearest_name(const std::string& given, const std::vector<std::string>& names);

/// "known: a, b, c; did you mean b?" for an unknown name (the nearest by edit distance, where one is near).
std::string known_names(const std::string& given, const std::vector<std::string>& names);

}  // namespace evobrnn
