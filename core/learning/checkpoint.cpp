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

/// Ends reading where values lie deeper in each other than any state's: who reads them goes as deep on the stack.
class DepthLimit final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(std::int64_t) override { return true; }
  bool number_unsigned(std::uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(json::binary_t&) override { return true; }
  bool key(std::string&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= kDeepest; }
  bool start_array(std::size_t) override { return ++depth_ <= kDeepest; }
  bool end_object() override { return --depth_ >= 0; }
  bool end_array() override { return --depth_ >= 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  static constexpr int kDeepest = 32;
  int depth_ = 0;
};

std::optional<json> unpacked(const std::string& bytes) {
  const auto head = kFirstLine.size() + kDigits + 1;
  if (bytes.size() < head || !bytes.starts_with(kFirstLine)) return std::nullopt;
  const auto body = bytes.substr(head);
  if (bytes.substr(kFirstLine.size(), kDigits) != sha256(body)) return std::nullopt;
  DepthLimit limit;
  if (!json::sax_parse(body, &limit, json::input_format_t::cbor)) return std::nullopt;
  try {
    auto content = json::from_cbor(body);
    return content.is_object() ? std::optional(std::move(content)) : std::nullopt;
  } catch (const json::exception&) {  // lengths beyond any memory are thrown, whatever one allows
    return std::nullopt;
  }
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
