// SPDX-License-Identifier: Apache-2.0
/// Shared libraries that bring models, tasks and strategies of a user's own: `--plugin libmine.so`, or the setting
/// `plugins`. Free of LibTorch.
///
///     static void add() { evobrnn::add_model({...}); }
///     EVOBRNN_PLUGIN(add)
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/version.hpp"

#if __has_include(<torch/version.h>)
#include <torch/version.h>
#define EVOBRNN_PLUGIN_LIBTORCH TORCH_VERSION
#else
#define EVOBRNN_PLUGIN_LIBTORCH ""
#endif

namespace [[gnu::visibility("default")]] evobrnn {

/// What a plugin says of itself: plain data, so that it can be read whatever the plugin was built with.
struct PluginDescription {
  const char* version;   ///< EVOBRNN_VERSION of the headers that it was compiled with
  const char* libtorch;  ///< version of LibTorch, "1.13.1"; empty: compiled without
  const char* compiler;  ///< the compiler's version, and with it the layout of its classes
  void (*add)();         ///< registers what it brings
};

/// A plugin is missing, is none, was built for another version, or cannot register what it brings. what() names the
/// file and says what to do.
class PluginError : public std::runtime_error {
 public:
  /// From the message.
  using std::runtime_error::runtime_error;
};

/// Loads the library and has it register what it brings; nothing where it is loaded already. Call it before settings
/// are first read. Needs a host whose symbols the plugin can see: the program `evobrnn`, or a program that links
/// evobrnn::host. Throws PluginError.
void load_plugin(const std::filesystem::path& file);

/// Absolute paths of those that were loaded, in order.
const std::vector<std::string>& loaded_plugins();

}  // namespace evobrnn

/// Makes a shared library a plugin: `add`, a function without arguments, registers its models, tasks and strategies.
/// Once in a library, outside of any namespace.
#define EVOBRNN_PLUGIN(add)                                                                  \
  extern "C" [[gnu::visibility("default")]] const evobrnn::PluginDescription evobrnn_plugin; \
  const evobrnn::PluginDescription evobrnn_plugin = {EVOBRNN_VERSION, EVOBRNN_PLUGIN_LIBTORCH, __VERSION__, add};
