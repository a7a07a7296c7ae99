// SPDX-License-Identifier: Apache-2.0
#include "core/kernels/normal.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "tests/core/instruction_sets.hpp"

namespace evobrnn {
namespace {

using Words = std::array<std::uint32_t, 4>;

std::vector<float> normals(std::uint64_t key, std::size_t count) {
  std::vector<float> numbers(count);
  kernels::fill_normal(key, numbers.data(), count);
  return numbers;
}

/// The known answers that come with the authors' library, Random123: kat_vectors, philox4x32 10.
TEST(Normal, PhiloxGivesItsPublishedWords) {
  testing_support::on_each_instruction_set([](const std::string& name) {
    EXPECT_EQ(kernels::philox({0, 0, 0, 0}, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8})) << name;
    EXPECT_EQ(kernels::philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffffffffffff),
              (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}))
        << name;
    EXPECT_EQ(kernels::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822),
              (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}))
        << name;
  });
}

TEST(Normal, FollowsBoxAndMullerOfItsWords) {
  testing_support::on_each_instruction_set([](const std::string& name) {
    constexpr std::uint64_t kKey = 77;
    const auto numbers = normals(kKey, 403);
    for (std::size_t i = 0; i + 4 <= numbers.size(); i += 4) {
      const auto words = kernels::philox({static_cast<std::uint32_t>(i / 4), 0, 0, 0}, kKey);
      for (std::size_t pair = 0; pair < 4; pair += 2) {
        const double u = ((words[pair] >> 8) + 1) * 0x1p-24, v = ((words[pair + 1] >> 8) + 1) * 0x1p-24;
        const double radius = std::sqrt(-2 * std::log(u)), angle = 2 * M_PI * v - M_PI;
        EXPECT_NEAR(numbers[i + pair], radius * std::cos(angle), 5e-6) << name << " " << i;
        EXPECT_NEAR(numbers[i + pair + 1], radius * std::sin(angle), 5e-6) << name << " " << i;
      }
    }
  });
}

TEST(Normal, HasTheMomentsAndTheDistribution) {
  constexpr std::size_t kCount = 1 << 20;
  constexpr double kSigmas = 4;
  const auto numbers = normals(5, kCount);
  const auto all = at::from_blob(const_cast<float*>(numbers.data()), {kCount}, at::kFloat).to(at::kDouble);
  const double root = std::sqrt(static_cast<double>(kCount));
  EXPECT_NEAR(all.mean().item<double>(), 0, kSigmas / root);
  EXPECT_NEAR(all.square().mean().item<double>(), 1, kSigmas * std::sqrt(2.0) / root);
  EXPECT_NEAR(all.pow(3).mean().item<double>(), 0, kSigmas * std::sqrt(15.0) / root);
  EXPECT_NEAR(all.pow(4).mean().item<double>(), 3, kSigmas * std::sqrt(96.0) / root);
  // Neighbours, and numbers of neighbouring keys, know nothing of each other.
  EXPECT_NEAR((all.narrow(0, 1, kCount - 1) * all.narrow(0, 0, kCount - 1)).mean().item<double>(), 0, kSigmas / root);
  const auto others = normals(6, kCount);
  const auto other = at::from_blob(const_cast<float*>(others.data()), {kCount}, at::kFloat).to(at::kDouble);
  EXPECT_NEAR((all * other).mean().item<double>(), 0, kSigmas / root);
  // Kolmogorov and Smirnov: the largest distance of the distribution functions.
  const auto sorted = std::get<0>(all.sort());
  const auto expected = 0.5 * (1 + at::erf(sorted / std::sqrt(2.0)));
  const auto empirical =
      at::arange(1, static_cast<std::int64_t>(kCount) + 1, at::kDouble) / static_cast<double>(kCount);
  EXPECT_LT((expected - empirical).abs().max().item<double>(), 1.95 / root);  // p = 0.001
}

TEST(Normal, AShortStretchIsAPrefixOfALongOne) {
  const auto long_one = normals(9, 1000);
  for (const std::size_t count : {0, 1, 3, 4, 63, 64, 65, 129}) {
    const auto short_one = normals(9, count);
    EXPECT_TRUE(std::equal(short_one.begin(), short_one.end(), long_one.begin())) << count;
  }
}

TEST(Normal, AGeneratorGivesOtherNumbersAtEveryCallAndTheSameFromItsSeed) {
  const auto generator = make_generator(3);
  const auto first = normal({5, 7}, generator, at::kDouble), second = normal({5, 7}, generator, at::kDouble);
  EXPECT_FALSE(at::equal(first, second));
  EXPECT_TRUE(at::equal(first, normal({5, 7}, make_generator(3), at::kDouble)));
  EXPECT_TRUE(at::equal(first.to(at::kFloat), normal({5, 7}, make_generator(3), at::kFloat)));
}

}  // namespace
}  // namespace evobrnn
