// SPDX-License-Identifier: Apache-2.0
#include "core/settings/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/utf8.hpp"

// toml++ 3.3 has a few conversions and shadowed names that our warnings would stop at.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <toml++/toml.h>
#pragma GCC diagnostic pop

namespace evobrnn {
namespace {

/// toml++, and what walks what it made, makes a call for each part of a key and for each bracket inside another: too
/// many would run over the stack and end the process. So they are counted before it sees the text. Strings and comments
/// are told from the rest exactly as it tells them; where the text is no TOML it stops at a place that was counted too.
class NestingCheck {
 public:
  explicit NestingCheck(std::string_view text) : text_(text) {}

  /// What is nested too deeply; nothing where it is fine. line() is then its line.
  std::optional<std::string> broken_rule() {
    int parts = 1, brackets = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '#') skip_comment();
      else if (c == '"' || c == '\'') skip_string(c);
      else if (c == '.') ++parts;
      else if (std::string_view("\n,=[]{}").find(c) != std::string_view::npos) parts = 1;
      if (c == '[' || c == '{') ++brackets;
      if ((c == ']' || c == '}') && brackets > 0) --brackets;
      if (parts > kMost) return fmt::format("has a key of more than {} parts", kMost);
      if (brackets > kMost) return fmt::format("has lists or tables in each other, more than {} deep", kMost);
      line_ += c == '\n';
    }
    return std::nullopt;
  }
  int line() const { return line_; }

 private:
  static constexpr int kMost = 32;

  void skip_comment() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  std::size_t quotes(char quote) const {
    std::size_t count = 0;
    while (at_ + count < text_.size() && text_[at_ + count] == quote) ++count;
    return count;
  }

  /// Behind its first quote.
  void skip_string(char quote) {
    const auto more = quotes(quote);
    if (more < 2) return skip_line_string(quote);
    at_ += 2;
    while (at_ < text_.size()) {
      // Three end it; up to two before them are its last characters.
      if (const auto count = std::min<std::size_t>(quotes(quote), 5); count > 0) {
        at_ += count;
        if (count >= 3) return;
        continue;
      }
      if (text_[at_] == '\\' && quote == '"') ++at_;
      if (at_ < text_.size()) line_ += text_[at_++] == '\n';
    }
  }

  void skip_line_string(char quote) {
    while (at_ < text_.size() && text_[at_] != '\n') {
      const char c = text_[at_++];
      if (c == quote) return;
      if (c == '\\' && quote == '"' && at_ < text_.size() && text_[at_] != '\n') ++at_;
    }
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

/// All TOML comes through here. Throws SettingsError for what is nested too deeply, and toml::parse_error.
toml::table parse_toml(const std::string& text, const std::string& name, const std::function<std::string(int)>& where) {
  NestingCheck nesting(text);
  if (const auto rule = nesting.broken_rule()) throw SettingsError({{where(nesting.line()), "", "", *rule}});
  return toml::parse(text, name);
}

/// Walks a parsed file and collects its entries and mistakes.
class Flattener {
 public:
  explicit Flattener(std::string file) : file_(std::move(file)) {}

  void add(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const auto path = prefix.empty() ? std::string(key.str()) : prefix + "." + std::string(key.str());
      add(node, path, key.source().begin);
    }
  }

  std::vector<Entry> entries() {
    if (!mistakes_.empty()) throw SettingsError(std::move(mistakes_));
    std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
      return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
    });
    std::vector<Entry> entries;
    for (auto& found : found_) entries.push_back(std::move(found.entry));
    return entries;
  }

 private:
  struct Found {
    toml::source_position at;
    Entry entry;
  };

  void add(const toml::node& node, const std::string& path, toml::source_position at) {
    const auto where = at.line > 0 ? file_ + ":" + std::to_string(at.line) : file_;
    if (const auto* table = node.as_table()) {
      if (!table->empty() || !table->is_inline()) return add(*table, path);
      return found_.push_back(
          {at, {path, std::vector<Scalar>{}, where}});  // {} says something wrong, so it must be seen
    }
    if (const auto* array = node.as_array()) {
      std::vector<Scalar> list;
      for (const auto& element : *array) {
        if (const auto value = scalar(element)) list.push_back(*value);
        else return mistakes_.push_back({where, path, "", "must be a plain value or a flat list of plain values"});
      }
      return found_.push_back({at, {path, list, where}});
    }
    if (const auto value = scalar(node)) return found_.push_back({at, {path, to_value(*value), where}});
    mistakes_.push_back({where, path, "", "must be a plain value or a flat list of plain values"});
  }

  static std::optional<Scalar> scalar(const toml::node& node) {
    if (const auto* v = node.as_boolean()) return Scalar(v->get());
    if (const auto* v = node.as_integer()) return Scalar(v->get());
    if (const auto* v = node.as_floating_point()) return Scalar(v->get());
    if (const auto* v = node.as_string()) return Scalar(v->get());
    return std::nullopt;
  }

  std::string file_;
  std::vector<Found> found_;
  std::vector<Diagnostic> mistakes_;
};

}  // namespace

Document read_document(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) throw SettingsError({{file.string(), "", "", "no such file"}});
  if (std::filesystem::is_directory(file, error)) {
    throw SettingsError({{file.string(), "", "", "is a folder, and must be a settings file"}});
  }
  std::ifstream stream(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  if (!stream.is_open() || stream.bad()) throw SettingsError({{file.string(), "", "", "cannot be read"}});
  try {
    const auto table =
        parse_toml(text, file.string(), [&file](int line) { return fmt::format("{}:{}", file.string(), line); });
    Flattener flattener(file.string());
    flattener.add(table, "");
    return {file, flattener.entries()};
  } catch (const toml::parse_error& parse) {
    const auto line = parse.source().begin.line;
    const auto where = file.string() + (line > 0 ? ":" + std::to_string(line) : "");
    throw SettingsError({{where, "", "", "is not TOML: " + std::string(parse.description())}});
  }
}

void replace_entry(Document& document, Entry entry) {
  std::erase_if(document.entries,
                [&](const Entry& e) { return e.path == entry.path || e.path.starts_with(entry.path + "."); });
  document.entries.push_back(std::move(entry));
}

const Entry* find_entry(const Document& document, const std::string& path) {
  const auto& entries = document.entries;
  const auto found = std::find_if(entries.rbegin(), entries.rend(), [&](const Entry& e) { return e.path == path; });
  return found == entries.rend() ? nullptr : &*found;
}

void override_entry(Document& document, const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw SettingsError({{"--set", "", assignment, "must be PATH=VALUE, as model.dt=0.2"}});
  }
  const auto trimmed = [](const std::string& text) {
    const auto first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
    return first == std::string::npos ? std::string() : text.substr(first, last - first + 1);
  };
  const auto path = trimmed(assignment.substr(0, equals)), text = trimmed(assignment.substr(equals + 1));
  // Settings are written as TOML, and trials as JSON: both are UTF-8.
  if (!is_utf8(assignment)) throw SettingsError({{"--set", path, "", "is no UTF-8, as settings are"}});
  std::vector<Entry> given;
  try {
    Flattener flattener("--set");
    const auto table = parse_toml("value = " + text, "--set", [](int) { return std::string("--set"); });
    flattener.add(table, "");
    given = flattener.entries();
  } catch (const toml::parse_error&) {
    given = {{"value", text, "--set"}};  // bare text: task.name=mnist
  }
  std::erase_if(document.entries,
                [&](const Entry& entry) { return entry.path == path || entry.path.starts_with(path + "."); });
  for (auto& entry : given) {
    document.entries.push_back({path + entry.path.substr(std::string("value").size()), entry.value, "--set"});
  }
}

}  // namespace evobrnn
