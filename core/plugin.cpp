// SPDX-License-Identifier: Apache-2.0
#include "core/plugin.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "core/foreign_code.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

std::vector<std::string>& loaded() {
  static std::vector<std::string> paths;
  return paths;
}

/// "0.1" of "0.1.7": within it a plugin need not be built again.
std::string compatible_part(const std::string& version) { return version.substr(0, version.rfind('.')); }

/// "12" of "12.2.0".
std::string major_part(const std::string& version) { return version.substr(0, version.find('.')); }

void require_fit(const PluginDescription& plugin, const std::string& file) {
  const auto refuse = [&](const std::string& what, const std::string& theirs, const std::string& ours) {
    throw PluginError(fmt::format("{}: was built for {} {}, and this is {}: build it again", file, what, theirs, ours));
  };
  if (compatible_part(plugin.version) != compatible_part(EVOBRNN_VERSION))
    refuse("evobrnn", plugin.version, EVOBRNN_VERSION);
  const std::string libtorch = plugin.libtorch;
  if (!libtorch.empty() && libtorch != EVOBRNN_PLUGIN_LIBTORCH) refuse("LibTorch", libtorch, EVOBRNN_PLUGIN_LIBTORCH);
  if (major_part(plugin.compiler) != major_part(__VERSION__)) refuse("compiler", plugin.compiler, __VERSION__);
}

/// What dlopen() says, with the name of a missing symbol as the source has it.
std::string loader_error() {
  std::string text = ::dlerror();
  const std::string marker = "undefined symbol: ";
  const auto at = text.find(marker);
  if (at == std::string::npos) return text;
  const auto begin = at + marker.size();
  const auto symbol = text.substr(begin, text.find_first_of(" ,\n", begin) - begin);
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status),
                                                    std::free);
  return status == 0 ? fmt::format("{} ({})", text, name.get()) : text;
}

/// While it lives, what is registered is that plugin's.
struct Loading {
  explicit Loading(const std::string& file) { set_plugin_being_loaded(file); }
  ~Loading() { set_plugin_being_loaded(""); }
};

}  // namespace

void load_plugin(const fs::path& given) {
  std::error_code error;
  const auto file = fs::canonical(given, error).string();
  if (error) throw PluginError(given.string() + ": no such plugin");
  if (std::find(loaded().begin(), loaded().end(), file) != loaded().end()) return;
  // All symbols now: one that is missing would else end the process in the middle of a run.
  void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    // Its own words: a symbol that is missing here tells of another version, too.
    throw PluginError(fmt::format("{}: cannot be loaded (was it built for evobrnn {} and LibTorch {}?): {}", file,
                                  EVOBRNN_VERSION, EVOBRNN_PLUGIN_LIBTORCH, loader_error()));
  }
  const auto* plugin = static_cast<const PluginDescription*>(::dlsym(library, "evobrnn_plugin"));
  if (!plugin) {
    ::dlclose(library);
    throw PluginError(file + ": is no plugin of evobrnn: it has no EVOBRNN_PLUGIN(...)");
  }
  require_fit(*plugin, file);
  try {
    const Loading loading(file);
    plugin->add();
  } catch (...) {
    throw PluginError(fmt::format("{}: {}", file, thrown_text()));
  }
  loaded().push_back(file);
}

const std::vector<std::string>& loaded_plugins() { return loaded(); }

}  // namespace evobrnn
