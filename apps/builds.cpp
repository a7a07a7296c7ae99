// SPDX-License-Identifier: Apache-2.0
#include "apps/builds.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "apps/run_folder.hpp"
#include "core/clock.hpp"
#include "core/provenance.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kBuilds = "builds";  ///< those that went on with the run, each with the time of its beginning
constexpr const char* kSince = "since";

ordered_json this_build() {
  ordered_json build;
  for (const auto& [key, value] : build_provenance()) build[key] = value;
  return build;
}

/// Nothing for a run without one, or one that cannot be read.
std::optional<ordered_json> provenance_of(const fs::path& run) {
  const auto file = run / kProvenanceFile;
  if (!fs::exists(file)) return std::nullopt;
  auto root = ordered_json::parse(read_whole(file), nullptr, false);
  return root.is_object() ? std::optional(std::move(root)) : std::nullopt;
}

/// The one that the run was started with, then those that went on with it.
std::vector<ordered_json> builds_in(const ordered_json& root) {
  std::vector<ordered_json> builds{root};
  if (const auto more = root.find(kBuilds); more != root.end() && more->is_array()) {
    for (const auto& build : *more) {
      if (build.is_object()) builds.push_back(build);
    }
  }
  return builds;
}

std::string text_at(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string difference(const ordered_json& before, const ordered_json& now) {
  constexpr std::pair<const char*, const char*> kKeys[] = {{"version", "evobrnn"},
                                                           {"git_revision", "revision"},
                                                           {"compiler", "compiler"},
                                                           {"libtorch", "LibTorch"},
                                                           {"libtorch_instruction_set", "LibTorch's instruction set"},
                                                           {"kernels_instruction_set", "the kernels' instruction set"},
                                                           {"blas", "BLAS"}};
  std::string text;
  for (const auto& [key, name] : kKeys) {
    const auto was = text_at(before, key), is = text_at(now, key);
    if (was.empty() || is.empty() || was == is) continue;
    text += fmt::format("{}{} {}, this is {}", text.empty() ? "" : "; ", name, was, is);
  }
  return text;
}

}  // namespace

std::string build_difference(const std::string& before, const std::string& now) {
  return difference(ordered_json::parse(before), ordered_json::parse(now));
}

std::string note_build(const fs::path& run) {
  auto root = provenance_of(run);
  if (!root) return "";
  auto now = this_build();
  auto text = difference(builds_in(*root).back(), now);
  if (text.empty()) return text;
  now[kSince] = seconds_since_epoch();
  if (!root->contains(kBuilds)) (*root)[kBuilds] = ordered_json::array();
  (*root)[kBuilds].push_back(std::move(now));
  write_atomically(run / kProvenanceFile, root->dump(2) + "\n");
  return text;
}

std::string build_difference_at(const fs::path& run, double started) {
  const auto root = provenance_of(run);
  if (!root) return "";
  const auto builds = builds_in(*root);
  const auto* then = &builds.front();
  for (std::size_t i = 1; i < builds.size(); ++i) {
    const auto since = builds[i].find(kSince);
    if (since != builds[i].end() && since->is_number() && since->get<double>() <= started) then = &builds[i];
  }
  return difference(*then, this_build());
}

}  // namespace evobrnn
