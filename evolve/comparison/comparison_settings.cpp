// SPDX-License-Identifier: Apache-2.0
#include "evolve/comparison/comparison_settings.hpp"

namespace evobrnn {
namespace {

using Table = SettingsTable<ComparisonSettings>;

Setting describe(const std::string& path, const std::string& doc, double low = -1e308, double high = 1e308) {
  Setting setting;
  setting.path = "compare." + path;
  setting.doc = doc;
  setting.low = low;
  setting.high = high;
  return setting;
}

template <class Member>
void add(Table& table, Setting setting, Member member) {
  table.push_back(bind_setting<ComparisonSettings>(std::move(setting), member));
}

#define FIELD(member) \
  [](ComparisonSettings & s) -> auto& { return s.member; }

Table make_table() {
  Table t;
  add(t, describe("question", "What the comparison is to answer, in words; heads its report."), FIELD(question));
  add(t,
      describe("repeats",
               "Independent repetitions of the whole procedure of every arm; repetition r of all arms shares its seed. "
               "With fewer than 6 no exact signed-rank test can reach 0.05.",
               1, 1000),
      FIELD(repeats));
  add(t, describe("arms", "The arms that take part, of those of the file; none: all."), FIELD(arms));
  add(t,
      describe("flops",
               "Floating-point operations of training that every arm may spend in every repetition, by the models' own "
               "count: search and final trainings together. 0: every arm spends what its own settings come to.",
               0, 1e30),
      FIELD(flops));
  auto share = describe(
      "search_share",
      "Share of compare.flops that an arm may spend on its search or its restarts; what they leave goes into the final "
      "trainings of what they chose. An arm that is fixed spends all but one training on the final ones.",
      0, 1);
  share.low_open = share.high_open = true;
  add(t, share, FIELD(search_share));
  auto unequal =
      describe("unequal",
               "When costs of arms may differ by more than 5 %. refuse: the comparison does not start. report: "
               "it runs, and says by how much they differ.");
  unequal.choices = {"refuse", "report"};
  add(t, unequal, FIELD(unequal));
  add(t,
      describe(
          "reference",
          "The arm that each other arm is compared with; empty: all pairs. Fewer pairs need a smaller correction."),
      FIELD(reference));
  auto alpha = describe("alpha", "Level of the tests, and 1 − alpha of the intervals.", 0, 0.5);
  alpha.low_open = true;
  add(t, alpha, FIELD(alpha));
  add(t,
      describe("margin",
               "Difference of scores below which two arms count as equal in practice, for the test of equivalence; "
               "accuracy is in [0, 1], so the default is half a point. 0: no such test.",
               0, 1e6),
      FIELD(margin));
  add(t,
      describe(
          "target",
          "Validation score whose cost is reported: how much compute an arm needs to get there; 0: the median arm's "
          "best.",
          -1e6, 1e6),
      FIELD(target));
  add(t,
      describe(
          "finer_steps",
          "Tests the final networks also with half and a quarter of their time step, every input repeated to match, "
          "and says where accuracy depends on the step."),
      FIELD(finer_steps));
  return t;
}

#undef FIELD

}  // namespace

const SettingsTable<ComparisonSettings>& comparison_settings_table() {
  static const Table table = make_table();
  return table;
}

}  // namespace evobrnn
