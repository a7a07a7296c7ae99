// SPDX-License-Identifier: Apache-2.0
#include "evolve/command_protocol.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "core/settings/json_depth.hpp"

namespace evobrnn {
namespace {

using nlohmann::json;

constexpr std::size_t kDeepest = 8, kQuoted = 200, kLongestCause = 2000;
constexpr char kEscape = '\x1b';
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf", kC1 = "\xc2\x9b";

/// Python and others write numbers that JSON has not: outside of texts they become texts, as in the ledger.
std::string with_all_numbers(const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 3> kNames{
      {{"-Infinity", "\"-inf\""}, {"Infinity", "\"inf\""}, {"NaN", "\"nan\""}}};
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size();) {
    const auto rest = std::string_view(text).substr(i);
    const auto* name =
        std::find_if(kNames.begin(), kNames.end(), [&](const auto& n) { return rest.starts_with(n.first); });
    if (!quoted && name != kNames.end()) {
      out += name->second;
      i += name->first.size();
      continue;
    }
    if (quoted && text[i] == '\\' && i + 1 < text.size()) out += text[i++];
    else if (text[i] == '"') quoted = !quoted;
    out += text[i++];
  }
  return out;
}

/// A number, also one that is none: NaN for null.
std::optional<double> number(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_null() || value == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf" || value == "-inf") return (value == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity();
  return std::nullopt;
}

std::optional<std::int64_t> count(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  const auto value = found->get<std::int64_t>();
  return value >= 0 ? std::optional(value) : std::nullopt;
}

CommandLine progress_from(const json& object) {
  if (!object.is_object()) return {};
  const auto step = count(object, "step"), steps = count(object, "steps");
  if (!step || !steps || *steps == 0 || *step > *steps) return {};
  const auto loss = number(object.value("loss", json()));
  return CommandProgress{*step, *steps, loss.value_or(std::numeric_limits<double>::quiet_NaN())};
}

/// Statuses that a command may say of itself; the others are for who watches it.
TrialStatus status_from(const json& object) {
  const auto found = object.find("status");
  if (found == object.end()) return TrialStatus::ok;
  for (const auto status : {TrialStatus::ok, TrialStatus::diverged, TrialStatus::nan_input, TrialStatus::timeout,
                            TrialStatus::out_of_memory, TrialStatus::crashed, TrialStatus::invalid}) {
    if (*found == to_text(status)) return status;
  }
  throw std::invalid_argument(
      "its status must be one of ok, diverged, nan_input, timeout, out_of_memory, crashed, invalid");
}

std::map<std::string, double> metrics_from(const json& object) {
  std::map<std::string, double> metrics;
  const auto found = object.find("metrics");
  if (found == object.end()) return metrics;
  if (!found->is_object()) throw std::invalid_argument("its metrics must be an object of numbers");
  for (const auto& [name, value] : found->items()) {
    const auto metric = number(value);
    if (!metric) throw std::invalid_argument("its metric " + printable(name, kQuoted) + " is no number");
    if (name == "attempts" || name == "gentler")
      throw std::invalid_argument("its metric " + name + " has a name that the ledger needs for itself");
    metrics[name] = *metric;
  }
  return metrics;
}

CommandLine result_from(const json& object) {
  TrialResult result;
  try {
    result = ended_as(status_from(object), "");
    result.metrics = metrics_from(object);
    if (const auto cause = object.find("cause"); cause != object.end() && cause->is_string())
      result.cause = printable(cause->get<std::string>(), kLongestCause);
    if (result.status != TrialStatus::ok) {
      if (result.cause.empty()) result.cause = "the command says so, and not why";
      return result;
    }
    result.cause.clear();
    const auto score = number(object.value("score", json("missing")));
    if (!score) return NoResult{"its score is no number"};
    result.score = *score;
    if (!std::isfinite(*score)) {
      result.status = TrialStatus::diverged;
      result.cause = "its score is infinite or NaN";
      result.score = 0;
    }
    return result;
  } catch (const std::invalid_argument& error) {
    return NoResult{error.what()};
  }
}

/// Where a terminal's escape code ends that begins at `at`, as ECMA-48 has them: ESC [ parameters letter, ESC ] text
/// BEL or ESC \, ESC letter.
std::size_t end_of_code(std::string_view text, std::size_t at) {
  const bool one = text[at] == kC1[0];  // U+009B, in two bytes, is ESC [
  const char kind = one ? '[' : at + 1 < text.size() ? text[at + 1] : '\0';
  std::size_t i = at + 2;
  if (kind == ']') {
    while (i < text.size() && text[i] != '\a' && text[i] != kEscape) ++i;
    if (i < text.size() && text[i] == kEscape) ++i;
    return std::min(i + 1, text.size());
  }
  if (kind == '[') {
    while (i < text.size() && (text[i] < '@' || text[i] > '~')) ++i;
    return std::min(i + 1, text.size());
  }
  return std::min(i, text.size());
}

/// The line without a byte order mark at its begin and a terminal's escape codes. No JSON text holds either.
std::string without_codes(const std::string& bytes) {
  std::string_view text = bytes;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::string plain;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == kEscape || text.substr(i).starts_with(kC1)) i = end_of_code(text, i);
    else plain += text[i++];
  }
  return plain;
}

/// Of a line that is no JSON object: nothing for a command's own talk, else why it does not count.
CommandLine why_no_result(const std::string& bytes, const std::string& line, const std::string& quote) {
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff") || line.find('\0') != std::string::npos)
    return NoResult{"its output is UTF-16, and has to be UTF-8: " + quote, true};
  if (line.find("{\"") != std::string::npos &&
      (line.find("\"score\"") != std::string::npos || line.find("\"status\"") != std::string::npos))
    return NoResult{"a result begins behind other text, and needs a line of its own: " + quote, true};
  return {};
}

}  // namespace

std::string command_trial_json(const Candidate& candidate, const std::string& genome) {
  const nlohmann::ordered_json trial{
      {"protocol", kCommandProtocol},   {"genome", nlohmann::ordered_json::parse(genome)},
      {"seed", candidate.seed},         {"fidelity", candidate.key.fidelity},
      {"repeat", candidate.key.repeat}, {"role", candidate.key.role},
      {"final", candidate.final},       {"gentler", candidate.gentler}};
  return trial.dump() + "\n";
}

CommandLine read_command_line(const std::string& bytes) {
  const auto line = without_codes(bytes);
  const auto first = line.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  const auto quote = "\"" + printable(std::string_view(line).substr(first), kQuoted) + "\"";
  if (line[first] != '{') return why_no_result(bytes, line, quote);
  if (json_depth(line) > kDeepest) return NoResult{"this line is nested too deeply: " + quote, true};
  const auto object = json::parse(with_all_numbers(line), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return NoResult{"this line is no JSON: " + quote, true};
  if (const auto progress = object.find("progress"); progress != object.end()) return progress_from(*progress);
  if (object.contains("score") || object.contains("status")) return result_from(object);
  return NoResult{"this line has neither score nor status: " + quote, true};
}

std::string printable(std::string_view bytes, std::size_t most) {
  const auto cut = bytes.substr(0, most);
  const auto text = json::parse(json(std::string(cut)).dump(-1, ' ', false, json::error_handler_t::replace));
  auto plain = text.get<std::string>();
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const auto c = static_cast<unsigned char>(plain[i]), next = static_cast<unsigned char>(plain[i + 1]);
    if (c < ' ' || c == 0x7f) plain[i] = ' ';
    if (c == 0xc2 && next >= 0x80 && next < 0xa0) plain.replace(i, 2, " ");  // U+0080 to U+009F
  }
  return plain + (cut.size() < bytes.size() ? "…" : "");
}

void LineCutter::add(std::string_view bytes) {
  while (!bytes.empty()) {
    // Progress bars go back to the begin of their line.
    const auto end = bytes.find_first_of("\n\r\b");
    const auto part = bytes.substr(0, end);
    if (too_long_ || line_.size() + part.size() > kLongest) {
      too_long_ = true;
      line_.clear();
    } else {
      line_ += part;
    }
    if (end == std::string_view::npos) return;
    this->end();
    bytes.remove_prefix(end + 1);
  }
}

void LineCutter::end() {
  if (!too_long_ && !line_.empty()) sink_(line_);
  line_.clear();
  too_long_ = false;
}

void LastWords::add(std::string_view bytes) {
  constexpr std::size_t kKept = 1 << 12;
  kept_ += bytes.substr(bytes.size() - std::min(bytes.size(), kKept));
  if (kept_.size() > kKept) kept_.erase(0, kept_.size() - kKept);
}

std::string LastWords::text() const {
  constexpr int kLines = 3;
  constexpr std::size_t kMost = 400;
  auto end = kept_.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return "";
  ++end;
  std::size_t begin = end;
  for (int line = 0; line < kLines && begin > 0; ++line) {
    const auto before = kept_.rfind('\n', begin - 1);
    begin = before == std::string::npos ? 0 : before;
  }
  begin = std::max(kept_.find_first_not_of(" \t\r\n", begin), end - std::min(end, kMost));
  return printable(std::string_view(kept_).substr(begin, end - begin), kMost);
}

}  // namespace evobrnn
