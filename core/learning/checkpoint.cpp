// SPDX-License-Identifier: Apache-2.0
#include "core/learning/checkpoint.hpp"

#include <utility>

#include "core/io/sha256.hpp"
#include "core/provenance.hpp"

namespace evobrnn {
namespace {

using nlohmann::json;

const std::string kFirstLine = "evobrnn checkpoint 1\n";
constexpr std::size_t kDigits = 64;

/// What changes bits between two builds or machines.
const json& build() {
  static const json known = build_provenance();
  return known;
}

std::optional<json> unpacked(const std::string& bytes) {
  const auto head = kFirstLine.size() + kDigits + 1;
  if (bytes.size() < head || !bytes.starts_with(kFirstLine)) return std::nullopt;
  const auto body = bytes.substr(head);
  if (bytes.substr(kFirstLine.size(), kDigits) != sha256(body)) return std::nullopt;
  auto content = json::from_cbor(body, /*strict=*/true, /*allow_exceptions=*/false);
  if (!content.is_object()) return std::nullopt;
  return content;
}

}  // namespace

Checkpoints::Checkpoints(const TrialSpec& spec, const TrialHooks& hooks) : spec_(to_json(spec)), hooks_(hooks) {}

std::optional<json> Checkpoints::given() const {
  if (hooks_.resume_from.empty()) return std::nullopt;
  auto content = unpacked(hooks_.resume_from);
  if (!content || content->value("trial", json()) != spec_ || content->value("build", json()) != build())
    return std::nullopt;
  return content->value("state", json());
}

void Checkpoints::resumed(std::int64_t step) const {
  if (hooks_.resumed) hooks_.resumed(step);
}

void Checkpoints::save(json state) const {
  const json content{{"trial", spec_}, {"build", build()}, {"state", std::move(state)}};
  std::string body;
  json::to_cbor(content, body);
  hooks_.checkpoint(kFirstLine + sha256(body) + "\n" + body);
}

}  // namespace evobrnn
