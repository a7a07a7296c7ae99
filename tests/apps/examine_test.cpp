// SPDX-License-Identifier: Apache-2.0
/// The real program: examinations and reports, up to their pages in a real browser.
#include <gmock/gmock.h>
#include <httplib.h>
#include <signal.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "tests/apps/program.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Examine : public Program {
 protected:
  void SetUp() override {
    write("s.toml", small_search());
    ASSERT_EQ(call({"run", "s.toml", "--out", "r", "--quiet", "--workers", "2"}).code, 0);
  }
  nlohmann::json result(const std::string& out) const {
    return nlohmann::json::parse(read(folder() / out / "examination.json"));
  }
};

TEST_F(Examine, WritesTheSameNumbersForAnyNumberOfWorkersAndEveryFileThatItNames) {
  const auto one = call({"examine", "r", "--out", "one", "--workers", "1"});
  ASSERT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, AllOf(HasSubstr("quick suite: 2 networks of 1 group; estimated"), HasSubstr("half-life"),
                             HasSubstr("folder one: examination.html")));
  ASSERT_EQ(call({"examine", "r", "--out", "two", "--workers", "2", "--quiet"}).code, 0);
  EXPECT_EQ(read(folder() / "one/examination.json"), read(folder() / "two/examination.json"));
  for (const auto* file : {"examination.html", "examination.md", "blank_delay.csv", "lesions.csv", "training.csv",
                           "recordings/r-1.safetensors", "recordings/r-2.safetensors"})
    EXPECT_TRUE(fs::exists(folder() / "one" / file)) << file;
  EXPECT_FALSE(fs::exists(folder() / "one/parts"));
  const auto group = result("one")["groups"][0];
  EXPECT_EQ(group["networks"].size(), 2U);
  EXPECT_EQ(group["curves"]["blank_delay"][0][4], 2) << "replicates";
  EXPECT_THAT(read(folder() / "one/blank_delay.csv"),
              HasSubstr("group,network,blank steps,score,standard error\nr,1,0,"));
}

TEST_F(Examine, OfSeveralInputsComparesThem) {
  write("t.toml",
        "[model]\nname = \"vanilla\"\nn = 12\ndale = false\n[task]\nname = \"digits\"\ntrain_samples = "
        "200\nvalidation_samples = 100\ntest_samples = 100\n");
  ASSERT_EQ(call({"train", "t.toml", "--out", "t", "--quiet"}).code, 0);
  ASSERT_EQ(
      call({"examine", "t", "r/weights/champion-seed1.safetensors", "--no-training", "--out", "e", "--quiet"}).code, 0);
  const auto groups = result("e")["groups"];
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0]["name"], "t");
  EXPECT_EQ(groups[0]["model"], "vanilla, 12 units");
  EXPECT_FALSE(groups[0]["figures"].contains("training"));
}

TEST_F(Examine, TrainsAnewAtOtherInputSizes) {
  ASSERT_EQ(
      call({"examine", "r", "--no-training", "--input-sizes", "14,56", "--seeds", "2", "--out", "e", "--quiet"}).code,
      0);
  const auto sizes = result("e")["input_sizes"];
  ASSERT_EQ(sizes["rows"].size(), 4U);
  EXPECT_EQ(sizes["rows"][0][1], 56) << "784 pixels in chunks of 14";
  EXPECT_EQ(sizes["rows"][3][1], 14);
}

TEST_F(Examine, StoppedItKeepsWhatIsFinishedAndGoesOn) {
  ASSERT_EQ(call({"examine", "r", "--out", "whole", "--quiet"}).code, 0);
  const auto child = start({"examine", "r", "--out", "e", "--workers", "1"});
  while (read(folder() / "out").find("is done") == std::string::npos && waitpid(child, nullptr, WNOHANG) == 0)
    sched_yield();
  kill(child, SIGINT);
  const auto stopped = wait_for(child);
  EXPECT_EQ(stopped.code, 130);
  EXPECT_THAT(stopped.out, HasSubstr("the same command goes on from there"));
  EXPECT_FALSE(fs::exists(folder() / "e/examination.json"));
  ASSERT_EQ(call({"examine", "r", "--out", "e", "--quiet"}).code, 0);
  EXPECT_EQ(read(folder() / "whole/examination.json"), read(folder() / "e/examination.json"));
}

TEST_F(Examine, MistakesAreClearAndLeaveNothing) {
  const auto mistake = [this](const std::vector<std::string>& arguments, const std::string& text) {
    const auto outcome = call(arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(text));
  };
  mistake({"examine", "nothing"}, "nothing: no such file or folder");
  mistake({"examine", "."}, "neither a run, nor a comparison, nor the folder of a training");
  write("alone.safetensors", "x");
  mistake({"examine", "alone.safetensors"}, "config.json is missing beside it");
  mistake({"examine", "r", "--suite", "huge"}, "huge");
  write("dms.toml",
        "[task]\nname = \"dms\"\ntrain_samples = 64\ntest_samples = 64\nvalidation_samples = 64\n[model]\nn = 8\n");
  ASSERT_EQ(call({"train", "dms.toml", "--out", "dms", "--quiet"}).code, 0);
  mistake({"examine", "r", "dms"}, "networks are compared on one task");
  mistake({"examine", "dms", "--input-sizes", "7"}, "cuts images into chunks");
  std::ofstream(folder() / "r/weights/champion-seed1.safetensors") << "damaged";
  mistake({"examine", "r", "--out", "e"}, "safetensors");
  EXPECT_FALSE(fs::exists(folder() / "e"));
  EXPECT_EQ(call({"examine", "dms", "--dry-run"}).code, 0);
  EXPECT_FALSE(fs::exists(folder() / "dms/examination-quick"));
}

/// What a browser makes of a page: every chart drawn, every chart as SVG, no word on the console.
class Page : public Examine {
 protected:
  static constexpr const char* kBrowser = "/usr/bin/chromium";
  void SetUp() override {
    if (!fs::exists(kBrowser)) GTEST_SKIP() << kBrowser << " is not installed";
    if (dumped("about:blank", 800).code != 0) GTEST_SKIP() << kBrowser << " does not start here";
    Examine::SetUp();
  }
  Outcome dumped(const std::string& address, int width) const {
    return wait_for(start({"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                           "--enable-logging=stderr", "--window-size=" + std::to_string(width) + ",900",
                           "--user-data-dir=" + (folder() / "browser").string(), "--dump-dom", address},
                          kBrowser));
  }
  void look_at(const std::string& page, int width, std::size_t least) const {
    auto html = read(folder() / page);
    const std::string script =
        "<script>const told=[];for(const c of document.querySelectorAll('canvas')){const "
        "p=c.getContext('2d').getImageData(0,0,c.width,c.height).data;const "
        "svg=new DOMParser().parseFromString(toSvg(Chart.getChart(c)),'image/svg+xml');"
        "told.push((p.some((v)=>v)?'drawn':'blank')+(svg.querySelector('parsererror')?' broken':' "
        "'+(svg.querySelectorAll('path').length>2?'svg':'empty')));}"
        "document.body.innerHTML='<p>'+told.map((t)=>'['+t+']').join('')+' fits '+"
        "(document.documentElement.scrollWidth<=window.innerWidth)+'</p>';</script>";
    html.replace(html.rfind("</body>"), 0, script);
    const auto copy = write("looked-at.html", html);
    const auto seen = dumped("file://" + copy, width);
    EXPECT_EQ(seen.code, 0) << seen.err;
    EXPECT_THAT(seen.err, Not(HasSubstr("CONSOLE"))) << seen.err;
    const std::regex chart("\\[drawn svg\\]"), any("\\[[^\\]]*\\]");
    const auto body = seen.out.substr(std::min(seen.out.size(), seen.out.rfind("<p>")));
    const auto count = [&](const std::regex& what) {
      return static_cast<std::size_t>(std::distance(std::sregex_iterator(body.begin(), body.end(), what), {}));
    };
    EXPECT_GE(count(any), least) << body;
    EXPECT_EQ(count(chart), count(any)) << body;
    EXPECT_THAT(body, HasSubstr("fits true")) << "no part is wider than the window";
  }
};

TEST_F(Page, OfAnExaminationIsDrawnWhole) {
  ASSERT_EQ(call({"examine", "r", "--out", "e", "--input-sizes", "14,28", "--seeds", "1", "--quiet"}).code, 0);
  look_at("e/examination.html", 1280, 25);
  look_at("e/examination.html", 390, 25);
}

TEST_F(Page, OfARunIsDrawnWhole) {
  ASSERT_EQ(call({"examine", "r", "--quiet", "--no-training"}).code, 0);
  const auto made = call({"report", "r"});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("r/report.html"));
  look_at("r/report.html", 1280, 9);
  look_at("r/report.html", 390, 9);
}

TEST_F(Page, OfAComparisonIsDrawnWhole) {
  write("c.toml",
        "name = \"c\"\n[compare]\nrepeats = 2\nflops = 6e7\n[model]\nn = 10\n[task]\nname = \"digits\"\n"
        "train_samples = 200\nvalidation_samples = 50\ntest_samples = 50\n[train]\nbatch = 16\nsamples = 64\n"
        "[search]\npopulation = 4\n[genes]\nmodel.dt = { low = 0.1, high = 0.9 }\n[arms.gradient]\nhow = "
        "\"gradient\"\n[arms.ga]\nhow = \"ga\"\n");
  ASSERT_EQ(call({"compare", "c.toml", "--out", "c", "--quiet"}).code, 0);
  look_at("c/comparison.html", 1280, 4);
}

TEST_F(Examine, ReportIsServedToThisMachineAndNewerWithTheRun) {
  const auto child = start({"report", "r", "--serve"});
  std::string text;
  std::smatch port;
  while (!std::regex_search(text = read(folder() / "out"), port, std::regex("http://127.0.0.1:(\\d+)/")) &&
         waitpid(child, nullptr, WNOHANG) == 0)
    sched_yield();
  ASSERT_EQ(port.size(), 2U) << text << read(folder() / "err");
  httplib::Client client("127.0.0.1", std::stoi(port[1]));
  const auto page = client.Get("/");
  ASSERT_TRUE(page);
  EXPECT_THAT(page->body, HasSubstr("<main id=\"page\">"));
  EXPECT_EQ(client.Post("/", "x", "text/plain")->status, 404);
  std::atomic<bool> listening{false}, changed{false};
  std::thread listener([&] {
    std::string heard;
    httplib::Client events("127.0.0.1", std::stoi(port[1]));
    events.set_read_timeout(120);
    events.Get("/events", [&](const char* bytes, std::size_t size) {
      heard.append(bytes, size);
      listening = true;
      changed = heard.find("data: changed") != std::string::npos;
      return !changed;
    });
    listening = true;
  });
  while (!listening) sched_yield();
  EXPECT_EQ(call({"resume", "r", "--quiet", "--set", "search.generations=5"}).code, 0);
  listener.join();
  EXPECT_TRUE(changed);
  const auto data = nlohmann::json::parse(client.Get("/data.json")->body);
  EXPECT_EQ(data["name"], "small");
  kill(child, SIGINT);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 130);
}

}  // namespace
}  // namespace evobrnn
