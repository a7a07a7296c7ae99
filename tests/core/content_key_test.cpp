// SPDX-License-Identifier: Apache-2.0
#include "core/content_key.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace evobrnn {
namespace {

TEST(ContentKey, DependsOnAllThatDecidesATrialsBitsAndOnNothingElse) {
  const TrialSpec spec{{}, 7, false};
  const auto key = content_key(spec);
  EXPECT_EQ(key.size(), 64U);
  EXPECT_EQ(content_key(spec), key);
  auto other = spec;
  other.seed = 8;
  EXPECT_NE(content_key(other), key);
  other = spec;
  other.test = true;
  EXPECT_NE(content_key(other), key);
  other = spec;
  other.settings.train.lr = std::nextafter(spec.settings.train.lr, 1.0);
  EXPECT_NE(content_key(other), key);
  other = spec;
  other.settings.train.time_limit = 1000;
  EXPECT_EQ(content_key(other), key) << "a limit changes no result that ended by itself";
  other = spec;
  other.settings.train.momentum = 0.5;
  EXPECT_EQ(content_key(other), key) << "adam does not read it";
}

}  // namespace
}  // namespace evobrnn
