// SPDX-License-Identifier: Apache-2.0
/// The pages in a real browser, from numbers made up here.
#include "apps/page/page.hpp"

#include <cmath>
#include <numbers>
#include <set>

#include "apps/examination_report.hpp"
#include "evolve/comparison/comparison.hpp"
#include "evolve/comparison/comparison_json.hpp"
#include "tests/apps/browser.hpp"

namespace evobrnn {
namespace {

using namespace testing;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kWide = 1280, kNarrow = 390;
/// What empties a page where it is taken for HTML, or hides its name where "_" means something.
const std::string kHostile = "_<!--<script>alert(1)</script>&amp;\"'";

class Page : public Browser {
 protected:
  static const json& chart(const json& facts, const std::string& name) {
    for (const auto& one : facts.at("charts")) {
      if (one.at("name") == name) return one;
    }
    ADD_FAILURE() << "no chart " << name;
    static const json none = json::object();
    return none;
  }
  static int count(const json& list, const std::string& value) {
    return static_cast<int>(std::count(list.begin(), list.end(), value));
  }
  static std::size_t different(const json& list) { return std::set<json>(list.begin(), list.end()).size(); }
  static std::vector<std::string> strings(const json& list) { return list.get<std::vector<std::string>>(); }
};

// --- comparisons

ArmRecord arm(const std::string& name, double score, std::int64_t repeats) {
  Gene gene;
  gene.path = "model.dt";
  gene.low = 0.1;
  gene.high = 0.9;
  ArmRecord record{name, "ga", "searches dt", {gene}, {}};
  for (std::int64_t r = 0; r < repeats; ++r) {
    ArmRepeat repeat;
    repeat.repeat = r;
    repeat.test = repeat.validation = score + 0.01 * std::sin(static_cast<double>(7 * r) + 100 * score);
    repeat.search = {10, 0, 1000, 3e9, 1, 1};
    repeat.finals = {1, 0, 1000, 1e9, 1, 1};
    repeat.progress = {{1e8, score - 0.1}, {2e9, score}, {4e9, score + 0.02}};
    repeat.champion = R"({"model.dt":)" + std::to_string(0.3 + 0.02 * static_cast<double>(r)) + "}";
    record.repeats.push_back(repeat);
  }
  return record;
}

std::string comparison_of(const std::vector<std::string>& names, std::int64_t repeats, double margin = 0.01) {
  ComparisonSettings settings;
  settings.repeats = repeats;
  settings.margin = margin;
  settings.question = "Which is better, " + kHostile + "?";
  std::vector<ArmRecord> arms;
  for (std::size_t i = 0; i < names.size(); ++i)
    arms.push_back(arm(names[i], 0.9 + 0.002 * static_cast<double>(i), repeats));
  return comparison_page(kHostile, to_json(compare_arms(settings, ScoreKind::accuracy, arms, 1), kHostile));
}

TEST_F(Page, OfAComparisonShowsWhatAUserWroteAndNothingOfItIsHtml) {
  const auto facts = facts_of(comparison_of({kHostile, "</script><h1>x", "a"}, 7), kWide);
  expect_whole(facts, kWide, 8);
  EXPECT_EQ(facts.at("title"), kHostile);
  EXPECT_EQ(facts.at("heading"), "Which is better, " + kHostile + "?");
  EXPECT_EQ(strings(chart(facts, "scores").at("labels"))[1].find("</script><h1>x"), 0U);
  const auto looks = strings(chart(facts, "curves").at("looks"));
  EXPECT_THAT(looks.front(), HasSubstr(kHostile)) << "a name that begins with _ is in the legend too";
}

TEST_F(Page, OfAComparisonJoinsThePairsAndDrawsTheMargin) {
  const auto html = comparison_of({"gradient", "ga", "random"}, 7);
  for (const int width : {kWide, kNarrow}) {
    const auto facts = told(html, width, R"(
      const facts = page_facts(), chart = drawn_of("effects"), { x, y } = chart.scales, row = y.getPixelForValue(0.5);
      const at = (value) => pixel_of(chart, x.getPixelForValue(value), row);
      facts.margin = [-1.4, -0.6, 0.4, 1.4].map(at);
      return facts;)");
    expect_whole(facts, width, 8);
    EXPECT_EQ(chart(facts, "scores").at("joints"), 2 * 7) << "each repetition from arm to arm";
    for (const auto* name : {"pairs-gradient-ga", "pairs-gradient-random", "pairs-ga-random"}) {
      EXPECT_EQ(chart(facts, name).at("pairs"), 7);
      EXPECT_EQ(count(chart(facts, name).at("roles"), "pair"), 7);
    }
    const auto& margin = facts.at("margin");
    EXPECT_EQ(margin[1], margin[2]) << "within ± 1 point";
    EXPECT_EQ(margin[0], margin[3]);
    EXPECT_NE(margin[0], margin[1]);
  }
}

TEST_F(Page, OfAComparisonShowsBoundsOfGenesAndWhatFinalTrainingsCost) {
  const auto facts = told(comparison_of({"gradient", "ga"}, 7), kWide, R"(
    const facts = page_facts(), chart = drawn_of("model.dt"), { x, y } = chart.scales, row = y.getPixelForValue(0.38);
    facts.reach = [x.min, x.max];
    facts.bounds = [0.08, 0.15, 0.85, 0.92].map((value) => pixel_of(chart, x.getPixelForValue(value), row));
    facts.compute = drawn_of("compute").data.datasets.map((one) => one.data);
    return facts;)");
  expect_whole(facts, kWide, 6);
  EXPECT_LT(facts.at("reach")[0], 0.1);
  EXPECT_GT(facts.at("reach")[1], 0.9);
  const auto& bounds = facts.at("bounds");
  EXPECT_EQ(bounds[1], bounds[2]) << "from 0.1 to 0.9 it was searched";
  EXPECT_EQ(bounds[0], bounds[3]);
  EXPECT_NE(bounds[0], bounds[1]);
  EXPECT_EQ(facts.at("compute"), json::parse("[[3e9, 3e9], [1e9, 1e9]]"));
  EXPECT_THAT(facts.at("text").get<std::string>(), HasSubstr("25.0 %"));
  EXPECT_EQ(count(chart(facts, "curves").at("roles"), "single"), 2 * 7) << "each repetition beside the quartiles";
}

TEST_F(Page, OfAComparisonOfTwelveArmsTellsThemApart) {
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i)
    names.push_back("an_arm_with_quite_a_long_name_that_nobody_shortened_" + std::to_string(i));
  const auto html = comparison_of(names, 3);
  for (const int width : {kWide, kNarrow}) {
    const auto facts = facts_of(html, width);
    expect_whole(facts, width, 10);
    const auto& curves = chart(facts, "curves");
    ASSERT_EQ(curves.at("looks").size(), 12U);
    std::set<std::string> looks;
    for (const auto& look : strings(curves.at("looks"))) looks.insert(look.substr(look.find('|')));
    EXPECT_EQ(looks.size(), 12U) << "colour and line style";
    EXPECT_EQ(different(chart(facts, "scores").at("labels")), 12U);
  }
}

// --- examinations

FigureTable figure(const std::string& name, std::vector<std::string> columns, std::vector<std::vector<double>> rows,
                   std::vector<std::string> labels = {}) {
  return {name, "What " + name + " shows", std::move(columns), std::move(rows), std::move(labels)};
}

constexpr double kTrained = 20, kInputEnd = 10;

/// A network of a task with a delay, made up; `shift` tells networks apart.
Examination examined(double shift, int items) {
  Examination e;
  auto delay = figure("delay", {"delay, steps", "score", "standard error"}, {});
  auto trace = figure("trace", {"blank steps", "spread"}, {});
  for (const double t : {0.0, 4.0, 8.0, 16.0, kTrained, 32.0, 64.0, 128.0}) {
    delay.rows.push_back({t, 0.5 + (0.45 - shift) * std::exp2(-t / 60), 0.02});
    trace.rows.push_back({t, 0.3 * std::exp2(-t / 30) + shift});
  }
  auto decoding =
      figure("decoding", {"step", "from the rates", "from the synapses u·x", "chance", "chance, 97.5 %"}, {});
  auto trajectories = figure("trajectories", {"unit", "step", "r", "z"}, {});
  auto paths = figure("paths", {"item", "step", "component 1", "component 2", "component 3"}, {});
  for (double t = 1; t <= kInputEnd + kTrained; ++t) {
    decoding.rows.push_back({t, 0.6 + shift, 0.9, 0.125, 0.17});
    for (double unit = 0; unit < 6; ++unit) trajectories.rows.push_back({unit, t, 0.1 * unit, std::exp(-0.1 * t)});
  }
  for (int item = 0; item < items; ++item) {
    for (double t = 1; t <= 12; ++t) {
      const double angle = 2 * std::numbers::pi * item / items;
      paths.rows.push_back({static_cast<double>(item), t, t * std::cos(angle), 0.2 * t * std::sin(angle), 0});
    }
  }
  auto eigenvalues = figure("eigenvalues", {"point", "real", "imaginary"}, {});
  for (int k = 0; k < 20; ++k) eigenvalues.rows.push_back({1, 0.9 * std::cos(k), 0.3 * std::sin(k)});
  e.figures = {delay,
               trace,
               decoding,
               trajectories,
               paths,
               eigenvalues,
               figure("spectrum", {"real", "imaginary"}, {{3, 0}, {0.2, 0.5}, {0.2, -0.5}}),
               figure("fixed_points",
                      {"point", "speed", "fixed", "largest modulus", "unstable directions",
                       "slowest time constant, steps", "component 1", "component 2", "component 3"},
                      {{1, 1e-9, 1, 0.9, 0, 9, 0.1, 0.1, 0}, {2, 1e-5, 0, 1.1, 1, 9, -1, 0.1, 0}}),
               figure("lesions", {"score", "cost", "standard deviation over draws", "standard error over samples"},
                      {{0.95 - shift, 0, 0, 0.01},
                       {0.9 - shift, 0.05, 0.02, 0.01},
                       {0.7, 0.25, 0.03, 0.01},
                       {0.5, 0.45, 0.05, 0.01}},
                      {"none", "10 % of the units silenced, drawn at random",
                       "25 % of the units silenced, drawn at random", "50 % of the units silenced, drawn at random"})};
  e.numbers = {{"score", 0.95 - shift}, {"score.error", 0.01},        {"chance", 0.5},
               {"parameters", 1234},    {"time.delay", kTrained},     {"decoding.delay_end", 0.61},
               {"decoding.last", 0.2},  {"decoding.last_steps", 256}, {"rates.mean", 0.2}};
  Decay decay;
  decay.name = "delay";
  decay.form = "exponential";
  decay.half_life = 60;
  decay.low = 50;
  decay.high = 70;
  e.decays = {decay};
  e.findings = {"Warning: " + kHostile + " is tiny.", "It remembers."};
  return e;
}

/// The report as the page gets it, with what fits and marks add.
std::string examination_of(const std::vector<std::pair<std::string, int>>& groups, int items = 3) {
  ExaminationReport report{"quick", "dms", ScoreKind::accuracy, {}, {}};
  for (const auto& [name, networks] : groups) {
    ExaminedGroup group{name, "stp, 100 units", {}, {}};
    for (int i = 0; i < networks; ++i) {
      group.networks.push_back({name, i + 1, {}, "w.safetensors", 0, {}});
      group.examinations.push_back(examined(0.02 * i, items));
    }
    report.groups.push_back(std::move(group));
  }
  auto root = json::parse(to_json_text(report));
  for (auto& group : root["groups"]) {
    group["figures"]["delay"]["marks"] = {{"trained", kTrained}, {"chance", 0.5}};
    group["figures"]["trace"]["marks"] = {{"trained", kTrained}, {"end of input", 0}};
    for (const auto* name : {"decoding", "trajectories"})
      group["figures"][name]["marks"] = {{"end of input", kInputEnd}, {"delay end", kInputEnd + kTrained}};
    group["figures"]["lesions"]["marks"] = {{"chance", 0.5}};
    for (auto& network : group["networks"]) {
      network["decays"][0]["curve"] = {{0, 0.95}, {64, 0.72}, {128, 0.6}};
      network["decays"][0]["warning"] = "the fit is bad";
    }
  }
  return examination_page("dms", root.dump());
}

TEST_F(Page, OfAnExaminationIsWholeAtBothWidths) {
  const auto html = examination_of(
      {{"masse", 3}, {kHostile, 1}, {"a_group_with_a_long_name_of_a_folder_somewhere_" + kHostile, 2}, {"d", 1}});
  for (const int width : {kWide, kNarrow}) {
    const auto facts = facts_of(html, width);
    expect_whole(facts, width, 20);
    EXPECT_THAT(facts.at("text").get<std::string>(), HasSubstr(kHostile));
  }
}

TEST_F(Page, OfAnExaminationNamesWhatIsCounted) {
  const auto facts = facts_of(examination_of({{"masse", 3}, {"b", 2}}), kWide);
  const auto& overview = facts.at("tables").at(0);
  EXPECT_THAT(strings(overview.at("head")), AllOf(Contains("networks"), Contains("model"), Contains("test accuracy, %"),
                                                  Contains("trained delay, steps"), Not(Contains("n"))));
  EXPECT_THAT(facts.at("text").get<std::string>(), AllOf(HasSubstr("stp, 100 units"), Not(HasSubstr("n = "))));
}

TEST_F(Page, OfReplicatesDrawsEachNetworkAndErrorBars) {
  const auto facts = facts_of(examination_of({{"masse", 3}}), kWide);
  EXPECT_EQ(count(chart(facts, "delay").at("roles"), "single"), 3);
  EXPECT_EQ(count(chart(facts, "delay").at("roles"), "band"), 1);
  EXPECT_EQ(count(chart(facts, "decoding").at("roles"), "single"), 3);
  const auto& lesions = chart(facts, "masse-lesions");
  EXPECT_GE(lesions.at("whiskers"), 2) << "those of the lesions in which the networks differ";
  EXPECT_EQ(lesions.at("dots"), 4 * 3) << "a point for each network";
}

TEST_F(Page, OfASingleNetworkHasErrorBarsOverItsSamples) {
  const auto facts = facts_of(examination_of({{"masse", 1}}), kWide);
  EXPECT_EQ(count(chart(facts, "delay").at("roles"), "single"), 0);
  EXPECT_EQ(count(chart(facts, "delay").at("roles"), "band"), 1);
  EXPECT_EQ(chart(facts, "masse-lesions").at("whiskers"), 4);
}

TEST_F(Page, OfAnExaminationLabelsOfLesionsAreAllDifferent) {
  const auto html = examination_of({{"masse", 2}});
  for (const int width : {kWide, kNarrow}) {
    const auto facts = facts_of(html, width);
    const auto& lesions = chart(facts, "masse-lesions");
    EXPECT_EQ(different(lesions.at("labels")), 4U) << lesions.at("labels");
    EXPECT_EQ(lesions.at("outside"), json::array());
  }
}

TEST_F(Page, OfAnExaminationDrawsTheFitChanceTheEndOfTheInputAndTheTrainedDelay) {
  const auto facts = told(examination_of({{"masse", 2}, {"b", 1}}), kWide, R"(
    const facts = page_facts(), points = drawn_of("delay").data.datasets.find((one) => one.role === "fit").data;
    facts.fit = points.map((point) => [point.x - 1, point.y]);
    facts.last = drawn_of("masse-trajectory-z").data.datasets.map((one) => Math.max(...one.data.map((point) => point.x)));
    return facts;)");
  const auto& delay = chart(facts, "delay");
  EXPECT_EQ(count(delay.at("roles"), "fit"), 3);
  EXPECT_EQ(facts.at("fit"), json::parse("[[0, 95], [64, 72], [128, 60]]"));
  EXPECT_EQ(count(delay.at("roles"), "level"), 1);
  EXPECT_THAT(strings(delay.at("texts")), AllOf(Contains("chance"), Contains("trained delay"), Contains("32")));
  EXPECT_THAT(strings(chart(facts, "decoding").at("texts")),
              AllOf(Contains("chance"), Contains("end of input"), Contains("end of the trained delay")));
  EXPECT_THAT(strings(chart(facts, "masse-trajectory-z").at("texts")), Contains("end of input"));
  EXPECT_EQ(facts.at("last")[0], kInputEnd + kTrained) << "through the delay, not to the end of the input";
  EXPECT_THAT(facts.at("text").get<std::string>(), HasSubstr("warnings of the fit"));
}

TEST_F(Page, OfAnExaminationTellsFourteenItemsApart) {
  const auto facts = facts_of(examination_of({{"masse", 1}}, 14), kWide);
  std::set<std::string> looks;
  int items = 0;
  for (const auto& look : strings(chart(facts, "masse-paths").at("looks"))) {
    if (!look.starts_with("item")) continue;
    ++items;
    looks.insert(look.substr(look.find('|')));
  }
  EXPECT_EQ(items, 14);
  EXPECT_EQ(looks.size(), 14U);
}

TEST_F(Page, TheUnitCircleIsACircle) {
  const auto html = examination_of({{"masse", 1}});
  for (const int width : {kWide, kNarrow, 800}) {
    const auto facts = facts_of(html, width);
    for (const auto* name : {"masse-eigenvalues", "masse-spectrum"}) {
      const auto unit = chart(facts, name).at("unit").get<std::vector<double>>();
      EXPECT_NEAR(unit[0] / unit[1], 1, 0.01) << name << " at " << width;
      EXPECT_GT(unit[0], 20);
    }
  }
}

// --- runs

std::string run_page(const json& changes = json::object()) {
  json trials{
      {"id", json::array()},     {"generation", json::array()}, {"status", json::array()},
      {"score", json::array()},  {"seconds", json::array()},    {"start", json::array()},
      {"worker", json::array()}, {"parents", json::array()},    {"genes", json::array({json::array(), json::array()})}};
  for (int i = 0; i < 24; ++i) {
    trials["id"].push_back(i + 1);
    trials["generation"].push_back(i / 8);
    trials["status"].push_back(i == 3 ? "diverged" : "ok");
    trials["score"].push_back(i == 3 ? json() : json(0.8 + 0.004 * i));
    trials["seconds"].push_back(1);
    trials["start"].push_back(i);
    trials["worker"].push_back("worker-" + std::to_string(i % 2));
    trials["parents"].push_back(i < 8 ? json::array() : json::array({i - 7, i - 6}));
    trials["genes"][0].push_back(0.1 + 0.03 * i);
    trials["genes"][1].push_back(i % 2);
  }
  json root{
      {"name", kHostile},
      {"task", "digits"},
      {"score", "accuracy"},
      {"complete", true},
      {"running", false},
      {"done", 30},
      {"expected", 30},
      {"ok", 29},
      {"strategy", "ga"},
      {"failures", {{{"status", "diverged"}, {"cause", "loss is not finite " + kHostile}, {"count", 1}, {"trial", 4}}}},
      {"genes",
       {{{"path", "model.dt"}, {"kind", "real"}, {"log", false}, {"low", 0.05}, {"high", 0.95}},
        {{"path", "model.activation"}, {"kind", "category"}, {"log", false}, {"values", {"tanh", kHostile}}}}},
      {"trials", trials},
      {"finals",
       {{"champion",
         {{{"seed", 1}, {"validation", 0.88}, {"test", 0.85}}, {{"seed", 2}, {"validation", 0.88}, {"test", 0.87}}}},
        {"default",
         {{{"seed", 1}, {"validation", 0.7}, {"test", 0.7}},
          {{"seed", 2}, {"validation", nullptr}, {"test", nullptr}}}}}},
      {"final_tests", {{"champion", {{"trainings", 2}, {"mean", 0.86}, {"interval", {0.75, 0.97}}}}}},
      {"curves", {{{"id", 24}, {"samples", {10, 20}}, {"train_loss", {1, 0.5}}, {"validation_score", {0.5, 0.89}}}}},
      {"importance",
       {{"explained", 0.5}, {"trials", 23}, {"shares", {{{"genes", "model.dt"}, {"share", 0.6}, {"error", 0.1}}}}}},
      {"champion", {{"id", 24}, {"generation", 2}, {"score", 0.892}, {"genome", {{"model.dt", 0.8}}}}},
      {"lineage", {{17, 2, 0.86, {1}}, {24, 2, 0.892, {17}}}},
      {"settings", "# " + kHostile + "\n"},
      {"provenance", json::object()}};
  root.merge_patch(changes);
  return report_page(kHostile, root.dump());
}

TEST_F(Page, OfARunLeadsWithTheTestAndCallsTheSearchsScoreTooGood) {
  for (const int width : {kWide, kNarrow}) {
    const auto facts = facts_of(run_page(), width);
    expect_whole(facts, width, 9);
    EXPECT_EQ(facts.at("heading"), kHostile);
    EXPECT_EQ(facts.at("lead"),
              "Champion, tested: test accuracy 86 % (mean of 2 trainings on fresh seeds, 95 % interval [75, 97]).");
    const auto text = facts.at("text").get<std::string>();
    EXPECT_LT(text.find("86 %"), text.find("89.2 %")) << "the search's own score comes later";
    EXPECT_THAT(text, AllOf(HasSubstr("that score is too good"), HasSubstr("1 of 2"), HasSubstr("0.05 to 0.95")));
    EXPECT_EQ(facts.at("charts").at(0).at("name"), "finals");
    EXPECT_GE(chart(facts, "finals").at("reach")[1], 97) << "the interval is not cut off";
    EXPECT_THAT(strings(chart(facts, "gene-model.activation").at("texts")), Contains("tanh"));
  }
}

TEST_F(Page, OfARunWithoutFinalTestsSaysThatNothingIsTested) {
  const auto facts =
      facts_of(run_page({{"finals", {{"champion", nullptr}, {"default", nullptr}}}, {"complete", false}}), kWide);
  EXPECT_EQ(facts.at("lead"), "No final test is finished: no score here is of the test set.");
}

}  // namespace
}  // namespace evobrnn
