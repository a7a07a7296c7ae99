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

std::string error(const std::string& header, const std::string& data) {
  try {
    read_safetensors(with_header(header, data));
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(Safetensors, UnsignedIntegersAreReadAsWiderOnes) {
  const auto read = [](const std::string& dtype, const std::string& bytes) {
    return read_safetensors(with_header(R"({"a":{"dtype":")" + dtype + R"(","shape":[1],"data_offsets":[0,)" +
                                            std::to_string(bytes.size()) + "]}}",
                                        bytes))
        .front()
        .tensor;
  };
  EXPECT_TRUE(read("U16", "\xfe\xff").equal(at::tensor({65534}, at::kLong)));
  EXPECT_TRUE(read("U32", "\xfe\xff\xff\xff").equal(at::tensor({4294967294L}, at::kLong)));
  EXPECT_TRUE(read("U64", std::string("\1\2\0\0\0\0\0\0", 8)).equal(at::tensor({513}, at::kLong)));
  EXPECT_NE(
      error(R"({"a":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}})", std::string(8, '\xff')).find("too large"),
      std::string::npos);
}

TEST(Safetensors, MistakesAreNamed) {
  const auto told = [](const std::string& header, const std::string& part) {
    const auto text = error(header, std::string(8, 'x'));
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  told(R"({"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}})", "a: the dtype F8_E4M3 is not read; known: U16");
  const std::string a = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[)";
  told("{" + a + "0,4]}," + a + "4,8]}}", "its header names a twice");
  told("{" + a + "0,4]}," + a + "0,4]}}", "its header names a twice");
}

TEST(Safetensors, TextsMayStandBesideTheTensors) {
  const auto file = write_safetensors({{"a", at::ones({1})}}, {{"classes", "[\"b\"]"}});
  EXPECT_NE(file.find(R"("__metadata__":{"classes":"[\"b\"]"})"), std::string::npos);
  EXPECT_EQ(read_safetensors(file).size(), 1U);
}

}  // namespace
}  // namespace evobrnn
