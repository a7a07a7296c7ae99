// SPDX-License-Identifier: Apache-2.0
/// Downloads from a real server on the loopback.
#include "core/data/fetch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/sha.h>

#include <fstream>
#include <thread>

#include "core/trial.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string sha256(const std::string& bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string text;
  for (const auto byte : digest) {
    const char* digits = "0123456789abcdef";
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Fetch : public ::testing::Test {
 protected:
  Fetch() {
    fs::remove_all(folder_);
    for (std::size_t i = 0; i < 300'000; ++i) content_ += static_cast<char>(i * 2654435761U >> 13);
    server_.Get("/plain/data.bin", [this](const httplib::Request& request, httplib::Response& response) {
      range_ = request.get_header_value("Range");
      served_ = served_ + 1;
      response.set_content(content_, "application/octet-stream");  // cpp-httplib answers ranges by itself
    });
    server_.Get("/norange/data.bin", [this](const httplib::Request& request, httplib::Response& response) {
      const_cast<httplib::Request&>(request).ranges.clear();
      response.set_content(content_, "application/octet-stream");
    });
    server_.Get("/wrong/data.bin", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(std::string(content_.size(), 'x'), "application/octet-stream");
    });
    server_.Get("/huge/data.bin", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(content_ + content_, "application/octet-stream");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    set_.name = "set";
    set_.files = {{"data.bin", content_.size(), sha256(content_)}};
  }
  ~Fetch() override {
    server_.stop();
    thread_.join();
  }

  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  fs::path file() const { return folder_ / "set" / "data.bin"; }
  fs::path part() const { return folder_ / "set" / "data.bin.part"; }

  std::string error(const std::string& path, const FetchHooks& hooks = {}) const {
    try {
      fetch(set_, folder_, url(path), hooks);
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }

  fs::path folder_ = fs::path(testing::TempDir()) /
                     ("fetch-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  std::string content_, range_;
  std::atomic<int> served_{0};
  RemoteDataSet set_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(Fetch, StoresTheFileAndReportsProgress) {
  std::uint64_t last = 0;
  FetchHooks hooks;
  hooks.progress = [&last](const RemoteFile&, std::uint64_t done, std::uint64_t) { last = done; };
  EXPECT_EQ(error("/plain", hooks), "");
  EXPECT_EQ(read(file()), content_);
  EXPECT_EQ(last, content_.size());
  EXPECT_FALSE(fs::exists(part()));
}

TEST_F(Fetch, AFileThatIsThereIsNotFetchedAgain) {
  EXPECT_EQ(error("/plain"), "");
  EXPECT_EQ(error("/plain"), "");
  EXPECT_EQ(served_, 1);
}

TEST_F(Fetch, ABrokenDownloadIsContinued) {
  fs::create_directories(folder_ / "set");
  std::ofstream(part(), std::ios::binary) << content_.substr(0, 123'456);
  EXPECT_EQ(error("/plain"), "");
  EXPECT_EQ(range_, "bytes=123456-");
  EXPECT_EQ(read(file()), content_);
}

TEST_F(Fetch, AServerWithoutRangesSendsTheWholeFile) {
  fs::create_directories(folder_ / "set");
  std::ofstream(part(), std::ios::binary) << content_.substr(0, 1000);
  EXPECT_EQ(error("/norange"), "");
  EXPECT_EQ(read(file()), content_);
}

TEST_F(Fetch, AnInterruptedDownloadKeepsWhatHasArrived) {
  FetchHooks hooks;
  hooks.should_stop = [] { return true; };
  EXPECT_THAT(error("/plain", hooks), HasSubstr("stopped"));
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_EQ(error("/plain"), "");
  EXPECT_EQ(read(file()), content_);
}

TEST_F(Fetch, AWrongChecksumIsAnErrorAndLeavesNoFile) {
  EXPECT_THAT(error("/wrong"), HasSubstr("wrong checksum"));
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_FALSE(fs::exists(part()));
}

TEST_F(Fetch, ALargerFileThanExpectedIsAnError) {
  EXPECT_THAT(error("/huge"), HasSubstr("larger"));
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(Fetch, AMissingFileAndAMissingServerAreErrors) {
  EXPECT_THAT(error("/absent"), HasSubstr("404"));
  const auto nowhere = [&] { fetch(set_, folder_, "http://127.0.0.1:1", {}); };
  EXPECT_THROW(nowhere(), DataError);
}

TEST_F(Fetch, TheNextMirrorIsTried) {
  set_.mirrors = {url("/absent"), url("/wrong"), url("/plain")};
  EXPECT_NO_THROW(fetch(set_, folder_, "", {}));
  EXPECT_EQ(read(file()), content_);
}

TEST(RemoteDataSets, EveryFileHasItsChecksum) {
  for (const auto& set : remote_data_sets()) {
    EXPECT_FALSE(set.mirrors.empty());
    for (const auto& file : set.files) {
      EXPECT_EQ(file.sha256.size(), 64U) << file.name;
      EXPECT_GT(file.bytes, 0U);
    }
  }
}

}  // namespace
}  // namespace evobrnn
