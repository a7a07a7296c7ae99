// SPDX-License-Identifier: Apache-2.0
#include "core/settings/diagnostic.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace evobrnn {
namespace {

std::string all_lines(const std::vector<Diagnostic>& diagnostics) {
  std::string lines;
  for (const auto& diagnostic : diagnostics) lines += (lines.empty() ? "" : "\n") + to_text(diagnostic);
  return lines;
}

std::string lower(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Levenshtein's distance, without regard to case.
std::size_t edit_distance(const std::string& left, const std::string& right) {
  const auto a = lower(left), b = lower(right);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

}  // namespace

std::string to_text(const Diagnostic& d) {
  std::string text = d.where;
  const auto append = [&text](const std::string& separator, const std::string& part) {
    if (!part.empty()) text += (text.empty() ? "" : separator) + part;
  };
  append(": ", d.key);
  if (!d.key.empty()) append(" = ", d.value);
  else append(": ", d.value);
  append(": ", d.rule);
  return text;
}

SettingsError::SettingsError(std::vector<Diagnostic> diagnostics)
    : std::runtime_error(all_lines(diagnostics)), diagnostics_(std::move(diagnostics)) {}

std::string nearest_name(const std::string& given, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (lower(last_part(name)) == lower(last_part(given))) return name;
  }
  std::string best;
  auto best_distance = std::max<std::size_t>(2, given.size() / 3) + 1;
  for (const auto& name : names) {
    if (const auto distance = edit_distance(given, name); distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

std::string known_names(const std::string& given, const std::vector<std::string>& names) {
  const auto meant = nearest_name(given, names);
  return fmt::format("known: {}{}", fmt::join(names, ", "), meant.empty() ? "" : "; did you mean " + meant + "?");
}

}  // namespace evobrnn
