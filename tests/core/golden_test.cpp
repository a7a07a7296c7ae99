// SPDX-License-Identifier: Apache-2.0
#include "core/golden.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/trial.hpp"

namespace evobrnn {
namespace {

using nlohmann::json;

json golden_cases() {
  std::ifstream stream(EVOBRNN_GOLDEN);
  return json::parse(stream);
}

/// Runs one case of the golden file after `change` was made to it.
GoldenOutcome check_changed(const std::string& name, const std::function<void(json&)>& change) {
  auto root = golden_cases();
  auto cases = json::array();
  for (auto& test : root["cases"]) {
    if (test["name"].get<std::string>().rfind(name + "/", 0) == 0) cases.push_back(test);
  }
  change(cases.at(0));
  root["cases"] = cases;
  const auto file = testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
  std::ofstream(file) << root;
  return check_golden(file).at(0);
}

TEST(Golden, EveryCaseOfARegisteredModelPasses) {
  int passed = 0;
  for (const auto& outcome : check_golden(EVOBRNN_GOLDEN)) {
    EXPECT_NE(outcome.kind, GoldenOutcome::Kind::failed) << outcome.name << ": " << outcome.verdict;
    passed += outcome.kind == GoldenOutcome::Kind::passed;
  }
  EXPECT_GE(passed, 14);
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
