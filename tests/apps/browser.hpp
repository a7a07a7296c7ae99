// SPDX-License-Identifier: Apache-2.0
/// What a real browser makes of a page.
#pragma once

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/apps/program.hpp"

namespace evobrnn::testing {

/// What page_facts() of tests/apps/page_facts.js tells, and what a script of a test adds.
class Browser : public Program {
 protected:
  static constexpr const char* kBrowser = "/usr/bin/chromium";
  void SetUp() override {
    if (!fs::exists(kBrowser)) GTEST_SKIP() << kBrowser << " is not installed";
    static const bool starts = dumped("about:blank").code == 0;
    if (!starts) GTEST_SKIP() << kBrowser << " does not start here";
  }

  /// What `script`, the body of a function, returns at the end of the page, `width` pixels wide: in a frame, for a
  /// window is never narrower than 500. The console must stay silent.
  nlohmann::json told(const std::string& html, int width, const std::string& script) const {
    auto inner = html;
    inner.replace(inner.rfind("</body>"), 0,
                  "<script>" + facts() + "parent.document.getElementById('told').textContent=JSON.stringify((()=>{" +
                      script + "})());</script>");
    const auto page = write("looked-at.html",
                            "<!doctype html><meta charset=\"utf-8\"><body style=\"margin:0\"><pre id=\"told\"></pre>"
                            "<iframe style=\"border:0;height:900px;width:" +
                                std::to_string(width) + "px\" srcdoc=\"" + escaped(inner) + "\"></iframe></body>");
    const auto seen = dumped("file://" + page);
    EXPECT_EQ(seen.code, 0) << seen.err;
    const auto console = seen.err.find("CONSOLE");
    EXPECT_EQ(console, std::string::npos) << seen.err.substr(std::min(console, seen.err.size()));
    const std::string begin = "<pre id=\"told\">";
    const auto at = seen.out.find(begin);
    if (at == std::string::npos) return {};
    const auto from = at + begin.size();
    return nlohmann::json::parse(plain(seen.out.substr(from, seen.out.find("</pre>", from) - from)), nullptr, false);
  }
  nlohmann::json facts_of(const std::string& html, int width) const {
    return told(html, width, "return page_facts();");
  }

  /// Every chart is drawn, on the canvas as as SVG, with no text outside of it; no table and no other part is cut off.
  static void expect_whole(const nlohmann::json& facts, int width, std::size_t least_charts) {
    ASSERT_TRUE(facts.is_object()) << "the page's script ended early";
    EXPECT_EQ(facts.at("width"), width);
    EXPECT_LE(facts.at("scrollWidth").get<int>(), width) << "no part is wider than the window";
    EXPECT_GE(facts.at("charts").size(), least_charts);
    for (const auto& chart : facts.at("charts")) {
      EXPECT_TRUE(chart.at("drawn").get<bool>()) << chart;
      EXPECT_TRUE(chart.at("svg").get<bool>()) << chart;
      EXPECT_EQ(chart.at("outside"), nlohmann::json::array()) << chart.at("name");
    }
    for (const auto& table : facts.at("tables")) {
      EXPECT_LE(table.at("right").get<double>(), width) << table;
      if (table.at("summary").get<bool>()) {
        EXPECT_LE(table.at("scrollWidth").get<int>(), table.at("clientWidth").get<int>()) << table << " is cut off";
      }
    }
  }

 private:
  Outcome dumped(const std::string& address) const {
    return wait_for(
        start({"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
               "--window-size=1300,1000", "--user-data-dir=" + (folder() / "browser").string(), "--dump-dom", address},
              kBrowser));
  }
  static std::string facts() { return read(fs::path(EVOBRNN_SOURCE) / "tests/apps/page_facts.js"); }

  static std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
      text.replace(at, what.size(), by);
    return text;
  }
  static std::string escaped(const std::string& html) { return replaced(replaced(html, "&", "&amp;"), "\"", "&quot;"); }
  static std::string plain(const std::string& text) {
    return replaced(replaced(replaced(text, "&lt;", "<"), "&gt;", ">"), "&amp;", "&");
  }
};

}  // namespace evobrnn::testing
