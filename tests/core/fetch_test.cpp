// SPDX-License-Identifier: Apache-2.0
/// Downloads from a real server on the loopback.
#include "core/data/fetch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/sha.h>

#include <cstdlib>
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
    while (!server_.is_running()) std::this_thread::yield();  // stop() before that would be missed
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

TEST_F(Fetch, ADownloadThatHadAllArrivedIsNotFetchedAgain) {
  fs::create_directories(folder_ / "set");
  std::ofstream(part(), std::ios::binary) << content_;
  EXPECT_EQ(error("/plain"), "");
  EXPECT_EQ(served_, 0);
  EXPECT_EQ(read(file()), content_);
}

TEST_F(Fetch, APartThatIsNoBeginningOfTheFileIsFetchedAnew) {
  fs::create_directories(folder_ / "set");
  for (const auto& damaged : {std::string(1000, 'x'), content_ + "longer"}) {
    fs::remove(file());
    std::ofstream(part(), std::ios::binary) << damaged;
    EXPECT_EQ(error("/plain"), "");
    EXPECT_EQ(read(file()), content_);
  }
}

/// A folder of this machine as a mirror goes on where it broke off, as a web server does.
TEST_F(Fetch, AFileUrlIsContinuedAndKeepsWhatHadArrived) {
  const auto mirror = folder_ / "mirror";
  fs::create_directories(mirror);
  std::ofstream(mirror / "data.bin", std::ios::binary) << content_;
  fs::create_directories(folder_ / "set");
  std::ofstream(part(), std::ios::binary) << content_.substr(0, 123'456);
  std::uint64_t first = 0;
  FetchHooks hooks;
  hooks.progress = [&](const RemoteFile&, std::uint64_t done, std::uint64_t) { first = first == 0 ? done : first; };
  const auto from = "file://" + fs::absolute(mirror).string();
  fetch(set_, folder_, from, hooks);
  EXPECT_EQ(read(file()), content_);
  EXPECT_GE(first, 123'456U) << "what had arrived is not fetched again";

  fs::remove(file());
  std::ofstream(part(), std::ios::binary) << content_.substr(0, 200'000);
  hooks.should_stop = [] { return true; };
  EXPECT_THROW(fetch(set_, folder_, from, hooks), DataError);
  EXPECT_GE(fs::file_size(part()), 200'000U) << "a stop loses nothing";
}

/// The second finds what the first fetched.
TEST_F(Fetch, TwoAtATimeFetchOnce) {
  std::string errors[2];
  std::thread threads[2];
  for (int i = 0; i < 2; ++i) threads[i] = std::thread([&, i] { errors[i] = error("/plain"); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(errors[0] + errors[1], "");
  EXPECT_EQ(served_, 1);
  EXPECT_EQ(read(file()), content_);
  EXPECT_FALSE(fs::exists(folder_ / "set" / ".fetch.lock"));
}

TEST_F(Fetch, OneThatWaitsForAnotherSaysSoAndCanBeStopped) {
  bool waits = false;
  FetchHooks outer, inner;
  inner.note = [&](const std::string& text) {
    waits |= text.find("another process fetches this set") != std::string::npos;
  };
  inner.should_stop = [&] { return waits; };
  std::string told;
  outer.progress = [&](const RemoteFile&, std::uint64_t, std::uint64_t) {  // the lock is held here
    if (told.empty()) told = error("/plain", inner);
  };
  EXPECT_EQ(error("/plain", outer), "");
  EXPECT_TRUE(waits);
  EXPECT_THAT(told, HasSubstr("stopped"));
}

/// A set of one archive with a file in it.
class FetchArchive : public Fetch {
 protected:
  FetchArchive() {
    const auto inside = folder_ / "data";
    fs::create_directories(inside);
    std::ofstream(inside / "a.bin", std::ios::binary) << content_;
    std::ofstream(inside / "b.bin", std::ios::binary) << "second";
    const auto made = folder_ / "set.tar.gz";
    const auto command = "tar -C '" + folder_.string() + "' -czf '" + made.string() + "' data";
    EXPECT_EQ(std::system(command.c_str()), 0);
    archive_ = read(made);
    server_.Get("/plain/set.tar.gz", [this](const httplib::Request&, httplib::Response& response) {
      served_ = served_ + 1;
      response.set_content(archive_, "application/octet-stream");
    });
    set_.files = {{"set.tar.gz", archive_.size(), sha256(archive_), true}};
  }
  fs::path at(const std::string& name) const { return folder_ / "set" / name; }
  void expect_whole() const {
    EXPECT_EQ(read(at("a.bin")), content_);
    EXPECT_EQ(read(at("b.bin")), "second");
    EXPECT_TRUE(fs::exists(at("set.tar.gz")));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "set"), {}), 3) << "no draft is left";
  }
  std::string archive_;
};

TEST_F(FetchArchive, IsUnpacked) {
  EXPECT_EQ(error("/plain"), "");
  expect_whole();
}

/// Killed while it was unpacked, by this version (the archive has no name yet) or by an older one (it has).
TEST_F(FetchArchive, AnUnpackingThatWasKilledIsDoneAgain) {
  for (const auto* name : {"set.tar.gz.part", "set.tar.gz"}) {
    fs::remove_all(folder_ / "set");
    fs::create_directories(folder_ / "set");
    std::ofstream(at(name), std::ios::binary) << archive_;
    std::ofstream(at("a.bin"), std::ios::binary) << content_.substr(0, 1000);
    std::vector<std::string> notes;
    FetchHooks hooks;
    hooks.note = [&](const std::string& text) { notes.push_back(text); };
    EXPECT_EQ(error("/plain", hooks), "") << name;
    expect_whole();
    EXPECT_EQ(served_, 0) << "nothing is fetched again";
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_THAT(notes[0], ::testing::Not(HasSubstr("is there already\n")));
    EXPECT_EQ(error("/plain", hooks), "");
    EXPECT_THAT(notes[1], ::testing::EndsWith("is there already"));
  }
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
