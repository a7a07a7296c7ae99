// SPDX-License-Identifier: Apache-2.0
#include "core/io/safetensors.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "core/trial.hpp"

namespace evobrnn {
namespace {

std::string with_header(const std::string& json, const std::string& data) {
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>((json.size() >> (8 * i)) & 0xff);
  return length + json + data;
}

TEST(Safetensors, RoundTripKeepsNamesShapesDtypesAndBits) {
  const std::vector<NamedTensor> tensors = {{"W", at::tensor({1.5f, -0.0f, 3e-42f, 4.f}).view({2, 2})},
                                            {"scalar", at::tensor(0.1, at::kDouble).view({})},
                                            {"empty", at::empty({0, 3})},
                                            {"labels", at::tensor({7, -9}, at::kLong)},
                                            {"bytes", at::tensor({0, 255}, at::kByte)}};
  const auto read = read_safetensors(write_safetensors(tensors));
  ASSERT_EQ(read.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const auto found = std::find_if(read.begin(), read.end(), [&name = name](const auto& t) { return t.name == name; });
    ASSERT_NE(found, read.end()) << name;
    EXPECT_EQ(found->tensor.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_EQ(found->tensor.sizes(), tensor.sizes()) << name;
    EXPECT_EQ(0, std::memcmp(found->tensor.data_ptr(), tensor.data_ptr(), tensor.nbytes())) << name;
  }
}

TEST(Safetensors, EveryTruncationIsAnError) {
  const auto file = write_safetensors({{"a", at::ones({3})}, {"b", at::ones({2, 2})}});
  for (std::size_t size = 0; size < file.size(); ++size)
    EXPECT_THROW(read_safetensors(file.substr(0, size)), DataError) << size;
  EXPECT_THROW(read_safetensors(file + "x"), DataError);
}

TEST(Safetensors, LyingHeadersAreErrors) {
  const std::string four(4, 'x');
  const std::vector<std::string> headers = {
      R"([])",
      R"({"a": 3})",
      R"({"a":{"dtype":"F8","shape":[4],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
      R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})"};
  for (const auto& header : headers) EXPECT_THROW(read_safetensors(with_header(header, four)), DataError) << header;
  EXPECT_NO_THROW(read_safetensors(with_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", four)));
  EXPECT_THROW(read_safetensors(std::string(8, '\xff') + four), DataError);
}

}  // namespace
}  // namespace evobrnn
