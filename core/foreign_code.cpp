// SPDX-License-Identifier: Apache-2.0
#include "core/foreign_code.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <utility>

#include "core/trial.hpp"

namespace evobrnn {
namespace {

/// What plugins brought. Registries are open while one thread reads the command line, and only read afterwards.
struct Origins {
  std::string loading;
  std::map<std::pair<std::string, std::string>, std::string> files;  ///< of kind and name
};

Origins& origins() {
  static Origins all;
  return all;
}

/// LibTorch appends its stack to what an exception says.
std::string without_stack(const std::string& text) { return text.substr(0, text.find("\nException raised from ")); }

/// "an exception of type mine::Failure".
std::string type_text() {
  const auto* type = abi::__cxa_current_exception_type();
  if (!type) return "an exception of another language";
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(type->name(), nullptr, nullptr, &status),
                                                    std::free);
  return std::string("an exception of type ") + (status == 0 ? name.get() : type->name());
}

}  // namespace

std::string thrown_text() {
  try {
    throw;
  } catch (const std::exception& error) {
    return without_stack(error.what());
  } catch (const std::string& text) {
    return text;
  } catch (const char* text) {
    return text ? text : "a null pointer";
  } catch (int number) {
    return "the number " + std::to_string(number);
  } catch (...) {
    return type_text();
  }
}

void set_plugin_being_loaded(std::string file) { origins().loading = std::move(file); }

void note_registration(const std::string& kind, const std::string& name) {
  if (!origins().loading.empty()) origins().files[{kind, name}] = origins().loading;
}

std::string plugin_origin(const std::string& kind, const std::string& name) {
  const auto found = origins().files.find({kind, name});
  return found == origins().files.end() ? "" : kind + " " + name + " of plugin " + found->second;
}

std::string with_origin(const std::string& origin, const std::string& text) {
  return origin.empty() || text.find(" of plugin ") != std::string::npos ? text : origin + ": " + text;
}

void rethrow_from(const std::string& origin) {
  if (origin.empty()) throw;
  try {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const SettingsError&) {
    throw;
  } catch (const DataError& error) {
    throw DataError(with_origin(origin, error.what()));
  } catch (...) {
    throw std::runtime_error(with_origin(origin, thrown_text()));
  }
}

}  // namespace evobrnn
