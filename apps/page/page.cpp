// SPDX-License-Identifier: Apache-2.0
#include "apps/page/page.hpp"

#include <map>

namespace evobrnn {
namespace {

std::string replaced(std::string text, const std::string& what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::string escaped(const std::string& text) { return replaced(replaced(text, "&", "&amp;"), "<", "&lt;"); }

/// The template with its @NAME@ filled in; nothing that was filled in is searched again.
std::string filled(std::string_view page, const std::map<std::string, std::string>& parts) {
  std::string text;
  while (true) {
    const auto begin = page.find('@');
    const auto end = begin == std::string_view::npos ? begin : page.find('@', begin + 1);
    if (end == std::string_view::npos) return text.append(page);
    const auto part = parts.find(std::string(page.substr(begin + 1, end - begin - 1)));
    text.append(page.substr(0, begin));
    if (part != parts.end()) text += part->second;
    page.remove_prefix(end + 1);
  }
}

std::string page_of(const std::string& name, const std::string& json, std::string_view script) {
  // What a user wrote must not be read as HTML: "</script" ends the element, and "<!--<script" hides all that follows.
  // In JSON a "<" is part of a text, where it may as well be written as an escape.
  return filled(kPage, {{"TITLE", escaped(name)},
                        {"STYLE", std::string(kPageStyle)},
                        {"DATA", replaced(json, "<", "\\u003c")},
                        {"LIBRARY", std::string(kLibrary)},
                        {"CHARTS", std::string(kCharts)},
                        {"SVG", std::string(kSvg)},
                        {"PLOTS", std::string(kPlots)},
                        {"SCRIPT", std::string(script)}});
}

}  // namespace

std::string comparison_page(const std::string& name, const std::string& json) {
  return page_of(name, json, kComparisonScript);
}

std::string examination_page(const std::string& name, const std::string& json) {
  return page_of(name, json, kExaminationScript);
}

std::string report_page(const std::string& name, const std::string& json) { return page_of(name, json, kReportScript); }

}  // namespace evobrnn
