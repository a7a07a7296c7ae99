// SPDX-License-Identifier: Apache-2.0
#include "core/injected_failure.hpp"

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

namespace evobrnn {
namespace {

TEST(InjectedFailure, StrikesItsShareOfTheSeedsAlwaysTheSame) {
  const auto shares = parse_injections("nan=0.06,throw=0.06,segfault=0.06,hang=0.06,hog=0.06");
  ASSERT_EQ(shares.size(), 5U);
  std::map<InjectedFailure, int> counts;
  constexpr int kSeeds = 20'000;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto failure = injected_failure(seed, shares);
    EXPECT_EQ(failure, injected_failure(seed, shares));
    if (failure) ++counts[*failure];
  }
  ASSERT_EQ(counts.size(), 5U);
  // The standard deviation of a count is below 34.
  for (const auto& [failure, count] : counts) EXPECT_NEAR(count, 0.06 * kSeeds, 4 * 34) << static_cast<int>(failure);
}

TEST(InjectedFailure, OfAllAndOfNone) {
  EXPECT_EQ(injected_failure(7, parse_injections("hog=1")), InjectedFailure::hog);
  EXPECT_FALSE(injected_failure(7, parse_injections("hog=0")));
  EXPECT_FALSE(injected_failure(7, parse_injections("")));
}

TEST(InjectedFailure, RefusesOtherTexts) {
  for (const auto* text : {"nan", "nan=", "nan=2", "nan=-1", "nan=0.1x", "NaN=0.1", "nan=0.1,,", "=0.1"})
    EXPECT_THROW(parse_injections(text), std::invalid_argument) << text;
}

TEST(InjectedFailure, ThrowsWhatIsCaughtAsACrash) {
  EXPECT_THROW(strike(InjectedFailure::exception), std::runtime_error);
}

}  // namespace
}  // namespace evobrnn
