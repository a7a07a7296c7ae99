// SPDX-License-Identifier: Apache-2.0
#include "core/golden.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/trial.hpp"
#include "tests/core/golden_file.hpp"

namespace evobrnn {
namespace {

using nlohmann::json;

/// Runs one case of the golden file after `change` was made to it.
GoldenOutcome check_changed(const std::string& name, const std::function<void(json&)>& change) {
  return check_golden(testing_support::golden_case_file(name, change)).at(0);
}

TEST(Golden, EveryCasePassesAndNoneIsSkipped) {
  const auto outcomes = check_golden(EVOBRNN_GOLDEN);
  EXPECT_EQ(outcomes.size(), 25U);
  for (const auto& outcome : outcomes)
    EXPECT_EQ(outcome.kind, GoldenOutcome::Kind::passed) << outcome.name << ": " << outcome.verdict;
}

TEST(Golden, AChangedLossIsCaught) {
  const auto outcome = check_changed(
      "conductance_ei", [](json& c) { c["expected"]["loss"] = c["expected"]["loss"].get<double>() * (1 + 1e-8); });
  EXPECT_EQ(outcome.kind, GoldenOutcome::Kind::failed);
  EXPECT_NE(outcome.verdict.find("loss is off"), std::string::npos) << outcome.verdict;
}

TEST(Golden, AChangedGradientIsCaughtAndNamed) {
  const auto outcome = check_changed("conductance_postsynaptic_dale", [](json& c) {
    auto& element = c["expected"]["gradients"]["a"][0];
    element = -element.get<double>();
  });
  EXPECT_NE(outcome.verdict.find("gradient of a is off"), std::string::npos) << outcome.verdict;
}

TEST(Golden, AWrongSettingIsCaught) {
  const auto outcome = check_changed("conductance_ei_set", [](json& c) { c["config"]["fixed"]["A_I"] = 7.0; });
  EXPECT_EQ(outcome.kind, GoldenOutcome::Kind::failed);
}

TEST(Golden, AnUnknownModelIsSkippedNotPassed) {
  const auto outcome = check_changed("conductance_ei", [](json& c) { c["model"] = "not_there"; });
  EXPECT_EQ(outcome.kind, GoldenOutcome::Kind::skipped);
}

TEST(Golden, AFileOfAnotherKindIsADataError) {
  const auto file = testing::TempDir() + "other.json";
  std::ofstream(file) << "{\"format\": \"other\"}";
  EXPECT_THROW(check_golden(file), DataError);
  std::ofstream(file) << "not json";
  EXPECT_THROW(check_golden(file), DataError);
  EXPECT_THROW(check_golden(testing::TempDir() + "absent.json"), DataError);
}

}  // namespace
}  // namespace evobrnn
