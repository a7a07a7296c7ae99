// SPDX-License-Identifier: Apache-2.0
#include "evolve/memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

/// Control groups as files: GROUP below a mounted hierarchy.
class ControlGroups : public ::testing::Test {
 protected:
  void group(const std::string& name, const std::string& limit, const std::string& used, bool version_2) const {
    const auto place = folder_ / ("mount/" + name);
    std::filesystem::create_directories(place);
    folder_.write("mount/" + name + (version_2 ? "/memory.max" : "/memory.limit_in_bytes"), limit + "\n");
    folder_.write("mount/" + name + (version_2 ? "/memory.current" : "/memory.usage_in_bytes"), used + "\n");
  }

  /// What the smallest of the limits leaves, of those that this test made.
  std::int64_t left(const std::string& own, const std::string& root, bool version_2) const {
    std::istringstream groups((version_2 ? "0::" : "7:memory:") + own + "\n1:cpu:/elsewhere\n");
    std::istringstream mounts("36 35 0:31 " + root + " " + (folder_ / "mount").string() +
                              (version_2 ? " rw - cgroup2 cgroup2 rw\n" : " rw shared:9 - cgroup cgroup rw,memory\n"));
    std::int64_t least = kAny;
    for (const auto& limit : group_limits(groups, mounts)) least = std::min(least, limit.left());
    return least;
  }

  static constexpr std::int64_t kAny = 1'000'000'000'000'000'000;
  const testing_support::ScratchFolder folder_;
};

TEST_F(ControlGroups, OfABatchSystemLimitTheJobAboveTheTask) {
  group("evobrnn/job_1", "1000000", "100000", true);
  group("evobrnn/job_1/step_0/task_0", "max", "100000", true);
  EXPECT_EQ(left("/evobrnn/job_1/step_0/task_0", "/", true), 900000);
  group("evobrnn/job_1/step_0/task_0", "500000", "100000", true);
  EXPECT_EQ(left("/evobrnn/job_1/step_0/task_0", "/", true), 400000);
}

TEST_F(ControlGroups, OfVersion1AreReadTheSame) {
  group("evobrnn/job_1", "1000000", "100000", false);
  group("evobrnn/job_1/task_0", "9223372036854771712", "100000", false);
  EXPECT_EQ(left("/evobrnn/job_1/task_0", "/", false), 900000);
}

TEST_F(ControlGroups, WhoseMountIsAGroupItselfAreFoundBelowIt) {
  group("task_0", "1000000", "100000", true);
  EXPECT_EQ(left("/evobrnn/job_1/task_0", "/evobrnn/job_1", true), 900000);
}

TEST_F(ControlGroups, OfAPrivateNamespaceAreAtTheMountItself) {
  group("", "1000000", "100000", true);
  EXPECT_EQ(left("/", "/", true), 900000);
  EXPECT_EQ(left("/", "/../..", true), 900000);
  EXPECT_EQ(left("/../other", "/", true), 900000);
}

TEST_F(ControlGroups, CountWhatIsKeptOfFilesAsFree) {
  group("evobrnn", "1000000", "900000", true);
  folder_.write("mount/evobrnn/memory.stat", "anon 100\ninactive_file 500000\nactive_file 200000\n");
  EXPECT_EQ(left("/evobrnn", "/", true), 800000);
}

}  // namespace
}  // namespace evobrnn
