// SPDX-License-Identifier: Apache-2.0
#include "core/kernels/gather.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "tests/core/instruction_sets.hpp"

namespace evobrnn {
namespace {

/// Two samples of every byte, the second one backwards.
std::vector<std::uint8_t> all_bytes() {
  std::vector<std::uint8_t> bytes(512);
  std::iota(bytes.begin(), bytes.begin() + 256, std::uint8_t(0));
  std::copy(bytes.rbegin() + 256, bytes.rend(), bytes.begin() + 256);
  return bytes;
}

template <class T>
void expect_gathered(const kernels::StepLayout& layout, const std::string& name) {
  const auto bytes = all_bytes();
  const std::vector<std::int64_t> indices = {1, 0, 1};
  std::vector<T> out(layout.steps * indices.size() * layout.a_step, -1);
  kernels::gather_bytes(bytes.data(), indices.data(), indices.size(), layout, out.data());
  auto number = out.begin();
  for (std::size_t t = 0; t < layout.steps; ++t) {
    for (const auto index : indices) {
      for (std::size_t k = 0; k < layout.a_step; ++k, ++number) {
        const auto value = t * layout.stride + k;
        const T byte = value < 256 ? bytes[static_cast<std::size_t>(index) * 256 + value] : T(0);
        ASSERT_EQ(*number, byte / T(255)) << name << ", step " << t << " of sample " << index << ", value " << k;
      }
    }
  }
}

/// Every byte comes out as the division rounds, on every instruction set.
TEST(Gather, DividesEveryByteBy255) {
  testing_support::on_each_instruction_set([](const std::string& name) {
    for (const auto& layout : std::vector<kernels::StepLayout>{{256, 1, 256, 256},
                                                               {256, 10, 28, 28},
                                                               {256, 256, 1, 1},
                                                               {256, 86, 3, 3},
                                                               {256, 9, 48, 32},
                                                               {256, 4, 77, 77}}) {
      expect_gathered<float>(layout, name);
      expect_gathered<double>(layout, name);
    }
  });
}

}  // namespace
}  // namespace evobrnn
