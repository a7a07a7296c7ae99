// SPDX-License-Identifier: Apache-2.0
/// What doctor says of machines that this one is not.
#include "apps/machine_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/builds.hpp"

namespace evobrnn {
namespace {

using ::testing::HasSubstr;

MachineReport report_of(bool cuda, bool driver, int gpus, bool device) {
  MachineFacts facts;
  facts.libtorch_has_cuda = cuda;
  facts.cuda_driver = driver;
  facts.gpus = gpus;
  MachineReport report;
  check_gpu(report, facts, device);
  return report;
}

TEST(MachineCheck, ACudaLibTorchWithoutADriverIsToldWhatIsMissing) {
  const auto report = report_of(true, false, 0, false);
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_THAT(report.problems[0].text, HasSubstr("NVIDIA's driver is missing: there is no libcuda.so.1"));
  EXPECT_THAT(report.problems[0].advice, HasSubstr("install the driver"));
  EXPECT_FALSE(report.problems[0].prevents_running);
  EXPECT_EQ(report.facts[0].second, "none: LibTorch has CUDA, but finds no GPU");
}

TEST(MachineCheck, ADriverThatLibTorchCannotUseIsTold) {
  EXPECT_THAT(report_of(true, true, 0, true).problems.at(0).text, HasSubstr("older than this LibTorch's CUDA"));
  EXPECT_THAT(report_of(true, true, 0, false).problems.at(0).text, HasSubstr("/dev/nvidia0 is missing"));
  EXPECT_THAT(report_of(false, true, 0, true).problems.at(0).advice, HasSubstr("a LibTorch that has CUDA"));
  EXPECT_TRUE(report_of(true, true, 1, true).problems.empty());
  EXPECT_TRUE(report_of(false, false, 0, false).problems.empty()) << "a machine without a GPU lacks nothing";
}

TEST(Builds, DifferInWhatBothTell) {
  EXPECT_EQ(build_difference(R"({"libtorch": "1.13.1", "version": "0.1.0"})", R"({"libtorch": "2.6.0", "version": "0.1.0"})"),
            "LibTorch 1.13.1, this is 2.6.0");
  EXPECT_EQ(build_difference(R"({"version": "0.1.0"})", R"({"version": "0.1.0", "blas": "OpenBLAS 0.3.21"})"), "");
}

}  // namespace
}  // namespace evobrnn
