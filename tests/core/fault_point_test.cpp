// SPDX-License-Identifier: Apache-2.0
#include "core/fault_point.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace evobrnn {
namespace {

/// EVOBRNN_FAULT for one test. What is armed is read when the program starts, so death tests start it anew.
class Faults : public ::testing::Test {
 protected:
  Faults() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  ~Faults() override { unsetenv("EVOBRNN_FAULT"); }
  static void set(const std::string& text) { setenv("EVOBRNN_FAULT", text.c_str(), 1); }
  static void pass(FaultPoint point, int times) {
    for (int i = 0; i < times; ++i) fault_point(point);
    std::_Exit(7);
  }
};

using FaultPoints = Faults;

TEST_F(FaultPoints, KillTheProcessAtTheNthPassingOfTheirPoint) {
  set("after_commit:3");
  EXPECT_EXIT(pass(FaultPoint::after_commit, 3), ::testing::KilledBySignal(SIGKILL), "");
}

TEST_F(FaultPoints, LetOtherPointsAndEarlierPassingsGo) {
  set("after_commit:3");
  EXPECT_EXIT(pass(FaultPoint::after_commit, 2), ::testing::ExitedWithCode(7), "");
  EXPECT_EXIT(pass(FaultPoint::before_commit, 9), ::testing::ExitedWithCode(7), "");
}

TEST_F(FaultPoints, DoNothingWhereTheVariableIsNotSet) {
  for (int i = 0; i < 1000; ++i) fault_point(FaultPoint::before_commit);
  EXPECT_NO_THROW(check_fault_environment());
}

TEST_F(FaultPoints, RefuseUnknownPointsAndNumbers) {
  for (const std::string point :
       {"before_commit", "inside_transaction", "after_commit", "while_replaying", "between_trials", "in_checkpoint"}) {
    set(point + ":1");
    EXPECT_NO_THROW(check_fault_environment()) << point;
  }
  for (const auto* text : {"", "after_commit", "after_commit:", "after_commit:0", "after_commit:x", "nowhere:1"}) {
    set(text);
    EXPECT_THROW(check_fault_environment(), std::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace evobrnn
