// SPDX-License-Identifier: Apache-2.0
/// Code that is not ours, as that of plugins and of users' objectives: what it throws, whatever that is, as text that
/// says where it came from. Free of LibTorch.
#pragma once

#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/settings/diagnostic.hpp"

namespace evobrnn {

/// What the exception says that is being handled, of any type, without LibTorch's stack; for use in catch (...).
std::string thrown_text();

/// From now on what is registered is that plugin's; an empty name: nobody's.
void set_plugin_being_loaded(std::string file);
/// Notes that something is registered: a "model", "task" or "strategy".
void note_registration(const std::string& kind, const std::string& name);

/// "model mine of plugin /home/me/libmine.so"; empty where no plugin brought it.
std::string plugin_origin(const std::string& kind, const std::string& name);

/// The text under the name of its origin, unless that is empty or the text has one.
std::string with_origin(const std::string& origin, const std::string& text);

/// Throws what is being handled again, for use in catch (...): under the name of its origin, unless that is empty or
/// the type tells the caller what to do (settings, allocations).
[[noreturn]] void rethrow_from(const std::string& origin);

/// Calls code of that origin.
template <class Call>
decltype(auto) call_foreign(const std::string& origin, Call&& call) {
  try {
    return std::forward<Call>(call)();
  } catch (...) {
    rethrow_from(origin);
  }
}

}  // namespace evobrnn
