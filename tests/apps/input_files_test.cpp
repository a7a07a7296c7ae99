// SPDX-License-Identifier: Apache-2.0
#include "apps/input_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/data_files.hpp"
#include "evolve/ledger.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

using ::testing::HasSubstr;

class InputFilesTest : public ::testing::Test {
 protected:
  std::shared_ptr<DataStore> store_of(const std::string& name) const {
    auto store = std::make_shared<DataStore>(folder_.path());
    store->find("", {name}, "");
    return store;
  }
  void replace(const std::string& name, const std::string& bytes) const {
    std::filesystem::rename(folder_.write("draft", bytes), folder_ / name);
  }
  static std::string error_of(InputFiles& files) {
    try {
      files.check();
    } catch (const StorageError& error) {
      return error.what();
    }
    return "";
  }

  testing_support::ScratchFolder folder_;
};

TEST_F(InputFilesTest, OfOtherBytesOrGoneAreTold) {
  folder_.write("a", "one");
  InputFiles files(store_of("a"));
  EXPECT_EQ(files.check(), 0);
  replace("a", "two");
  EXPECT_THAT(error_of(files), HasSubstr("a was changed while"));
  replace("a", "one");
  EXPECT_EQ(files.check(), 1) << "written again, with the same bytes";
  EXPECT_EQ(files.check(), 1);
  std::filesystem::remove(folder_ / "a");
  EXPECT_THAT(error_of(files), HasSubstr("a was removed while"));
}

TEST_F(InputFilesTest, ThatAreReadLaterCountFromThenOn) {
  folder_.write("a", "one");
  const auto store = store_of("a");
  InputFiles files(store);
  folder_.write("b", "two");
  store->find("", {"b"}, "");
  EXPECT_EQ(files.check(), 0);
  replace("b", "other");
  EXPECT_THAT(error_of(files), HasSubstr("b was changed"));
}

TEST_F(InputFilesTest, ThatAnotherProcessReadAreCompared) {
  folder_.write("a", "one");
  InputFiles files(store_of("a"));
  EXPECT_EQ(unlike(files.json(), *store_of("a")), std::nullopt);
  replace("a", "two");
  const auto other = store_of("a");
  EXPECT_THAT(unlike(files.json(), *other).value_or(""), HasSubstr("a was changed"));
  replace("a", "one");  // put back before the program looks, and read by the other process in between
  EXPECT_EQ(files.check(), 1);
  EXPECT_TRUE(unlike(files.json(), *other));
  EXPECT_EQ(unlike(files.json(), *store_of("a")), std::nullopt);
}

TEST_F(InputFilesTest, ThatChangeWhileTheyAreReadAreNoData) {
  folder_.write("a", "one");
  const auto store = store_of("a");
  replace("a", "two");
  EXPECT_THROW(data_files(*store), DataError);
}

}  // namespace
}  // namespace evobrnn
