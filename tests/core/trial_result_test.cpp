// SPDX-License-Identifier: Apache-2.0
/// Results as text, and the names of how trials end.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "core/trial.hpp"

namespace evobrnn {
namespace {

TEST(TrialResultJson, KeepsEveryBit) {
  TrialResult result;
  result.status = TrialStatus::timeout;
  result.cause = "over\nthe \"limit\"";
  result.score = -0.0;
  result.metrics = {{"third", 1.0 / 3},
                    {"least", 5e-324},
                    {"most", 1.7976931348623157e308},
                    {"minus", -std::numeric_limits<double>::infinity()}};
  result.curve = {{1, 64, 0.1 + 0.2, std::numeric_limits<double>::infinity(), 1e-17}, {2, 128, 1, 2, 3}};
  result.cost = {2, 128, 1e12 + 0.5, 0.7, 0.1, std::int64_t{1} << 40};
  const auto text = to_json(result);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto again = trial_result_from_json(text);
  EXPECT_EQ(to_json(again), text);
  EXPECT_EQ(again.cause, result.cause);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(again.score), std::bit_cast<std::uint64_t>(-0.0));
  EXPECT_EQ(again.metrics, result.metrics);
  ASSERT_EQ(again.curve.size(), 2U);
  EXPECT_EQ(again.curve[0].train_loss, 0.1 + 0.2);
  EXPECT_EQ(again.curve[0].validation_loss, std::numeric_limits<double>::infinity());
  EXPECT_EQ(again.cost.flops, 1e12 + 0.5);
  EXPECT_EQ(again.cost.peak_bytes, std::int64_t{1} << 40);
}

TEST(TrialResultJson, KeepsNaNsAndWhatIsNoText) {
  TrialResult result;
  result.status = TrialStatus::crashed;
  result.metrics["loss"] = std::numeric_limits<double>::quiet_NaN();
  result.cause = "file \xff\xfe";
  const auto again = trial_result_from_json(to_json(result));
  EXPECT_TRUE(std::isnan(again.metrics.at("loss")));
  EXPECT_EQ(again.cause.substr(0, 5), "file ");
}

TEST(TrialResultJson, RefusesWhatIsNoResult) {
  auto good = to_json(ended_as(TrialStatus::ok, ""));
  EXPECT_EQ(trial_result_from_json(good).status, TrialStatus::ok);
  EXPECT_THROW(trial_result_from_json(good.substr(1)), std::invalid_argument);
  EXPECT_THROW(trial_result_from_json("{}"), std::invalid_argument);
  good.replace(good.find("\"ok\""), 4, "\"OK\"");
  EXPECT_THROW(trial_result_from_json(good), std::invalid_argument);
}

TEST(TrialStatus, EveryNameReadsBack) {
  for (const auto* name :
       {"ok", "diverged", "nan_input", "timeout", "out_of_memory", "crashed", "cancelled", "lost", "invalid", "failed"})
    EXPECT_EQ(to_text(trial_status_from_text(name)), name);
  EXPECT_THROW(trial_status_from_text("fine"), std::invalid_argument);
}

}  // namespace
}  // namespace evobrnn
