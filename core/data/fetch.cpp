// SPDX-License-Identifier: Apache-2.0
#include "core/data/fetch.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>

#include "core/data/unpack.hpp"
#include "core/io/sha256.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

/// One transfer into FILE.part, continued where it broke off.
class Transfer {
 public:
  Transfer(const RemoteFile& file, fs::path part, const FetchHooks& hooks)
      : file_(file), part_(std::move(part)), hooks_(hooks) {}

  /// Returns an error text, or nothing when the part is complete.
  std::string run(const std::string& url) {
    const int descriptor = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(descriptor < 0 ? nullptr : ::fdopen(descriptor, "ab"),
                                                              std::fclose);
    if (!out) throw DataError(part_.string() + ": cannot be written: " + std::strerror(errno));
    out_ = out.get();
    std::error_code error;
    before_ = fs::file_size(part_, error);
    if (error || before_ >= file_.bytes) begin_anew();  // no beginning of this file
    continued_ = before_ > 0;
    const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
    curl_ = curl.get();
    std::array<char, CURL_ERROR_SIZE> message{};
    curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, message.data());
    curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl_, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_TIME, 60L);
    curl_easy_setopt(curl_, CURLOPT_USERAGENT, "evobrnn");
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Transfer::write);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, &Transfer::report);
    curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, this);
    const auto range = fmt::format("{}-", before_);
    if (before_ > 0) curl_easy_setopt(curl_, CURLOPT_RANGE, range.c_str());
    const auto code = curl_easy_perform(curl_);
    if (stopped_) throw DataError("stopped; the same command goes on with " + part_.string());
    if (!trouble_.empty()) return url + ": " + trouble_;
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    constexpr long kNoSuchRange = 416;
    misled_ = code != CURLE_OK && status == kNoSuchRange;
    if (code != CURLE_OK) return url + ": " + (message[0] ? message.data() : curl_easy_strerror(code));
    if (std::fflush(out_) != 0 || ::fsync(::fileno(out_)) != 0) return part_.string() + ": cannot be written";
    return "";
  }

  /// Whether what had arrived before was gone on with.
  bool continued() const { return continued_; }
  /// Whether it ended in an error because what had arrived before is no beginning of what is there.
  bool misled() const { return misled_; }

 private:
  static std::size_t write(char* data, std::size_t size, std::size_t count, void* self) {
    auto& me = *static_cast<Transfer*>(self);
    if (!me.checked_range_) me.check_range();
    const auto bytes = size * count;
    me.received_ += bytes;
    me.misled_ = me.before_ + me.received_ > me.file_.bytes;
    if (me.misled_) me.trouble_ = fmt::format("the file there is larger than {} bytes", me.file_.bytes);
    else if (std::fwrite(data, 1, bytes, me.out_) != bytes)
      me.trouble_ = me.part_.string() + ": cannot be written: the disk is full?";
    return me.trouble_.empty() ? bytes : 0;
  }

  /// A web server that does not know ranges sends the whole file again. Files on the disk and other protocols begin
  /// where they are told.
  void check_range() {
    const char* scheme = nullptr;
    curl_easy_getinfo(curl_, CURLINFO_SCHEME, &scheme);
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    constexpr long kPartialContent = 206;
    const bool web = scheme && (scheme[0] == 'H' || scheme[0] == 'h');
    if (before_ > 0 && web && status != kPartialContent) {
      begin_anew();
      continued_ = false;
    }
    checked_range_ = true;
  }

  void begin_anew() {
    before_ = 0;
    if (::ftruncate(::fileno(out_), 0) != 0) trouble_ = part_.string() + ": cannot be written";
  }

  static int report(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& me = *static_cast<Transfer*>(self);
    me.stopped_ = me.hooks_.should_stop && me.hooks_.should_stop();
    if (me.hooks_.progress) me.hooks_.progress(me.file_, me.before_ + me.received_, me.file_.bytes);
    return me.stopped_ ? 1 : 0;
  }

  const RemoteFile& file_;
  const fs::path part_;
  const FetchHooks& hooks_;
  CURL* curl_ = nullptr;
  std::FILE* out_ = nullptr;
  std::uint64_t before_ = 0, received_ = 0;
  bool checked_range_ = false, stopped_ = false, continued_ = false, misled_ = false;
  std::string trouble_;
};

bool has_checksum(const fs::path& file, const RemoteFile& remote) {
  std::error_code error;
  return fs::file_size(file, error) == remote.bytes && !error && sha256_of_file(file) == remote.sha256;
}

/// Whether the file is there, and of an archive all that is in it.
bool is_whole(const RemoteFile& file, const fs::path& folder) {
  const auto target = folder / file.name;
  return has_checksum(target, file) && (!file.archive || missing_of_archive(target, folder).empty());
}

/// The part from one mirror, its checksum right. Returns an error text.
std::string transfer(const RemoteFile& file, const std::string& url, const fs::path& part, const FetchHooks& hooks) {
  for (;;) {
    Transfer transfer(file, part, hooks);
    const auto error = transfer.run(url);
    const bool gone_wrong = error.empty() ? !has_checksum(part, file) : transfer.misled();
    if (!gone_wrong) return error;
    const auto found = error.empty() ? sha256_of_file(part) : "";
    fs::remove(part);
    if (transfer.continued()) continue;  // its beginning was of another file, or damaged
    return !error.empty() ? error
                          : fmt::format("{}: wrong checksum: SHA-256 {}, and it must be {}", url, found, file.sha256);
  }
}

void fetch_file(const RemoteFile& file, const std::vector<std::string>& mirrors, const fs::path& folder,
                const FetchHooks& hooks) {
  const auto target = folder / file.name, part = folder / (file.name + ".part");
  const auto note = [&](const std::string& text) {
    if (hooks.note) hooks.note(target.string() + ": " + text);
  };
  const bool there = has_checksum(target, file);
  if (there && is_whole(file, folder)) return note("is there already");
  const auto finish = [&](const fs::path& arrived, const std::string& text) {
    // The archive takes its name last: where it stands, all that is in it was unpacked.
    if (file.archive) unpack(arrived, folder);
    if (arrived != target) fs::rename(arrived, target);
    note(text);
  };
  if (there) return finish(target, "is there already; it was not unpacked whole, and is now");
  if (has_checksum(part, file)) return finish(part, "had arrived already, checksum right");
  std::string errors;
  for (const auto& mirror : mirrors) {
    const auto error = transfer(file, mirror + (mirror.ends_with('/') ? "" : "/") + file.name, part, hooks);
    if (error.empty()) return finish(part, "fetched, checksum right");
    errors += "\n  " + error;
  }
  throw DataError(target.string() + ": could not be fetched:" + errors +
                  "\n  Another source is named by --from URL; what has arrived is kept.");
}

/// Held while a set is fetched: another process that fetches the same set waits for its end.
class FetchLock {
 public:
  FetchLock(const fs::path& folder, const FetchHooks& hooks) : file_(folder / ".fetch.lock") {
    bool told = false;
    while (!acquire()) {
      if (hooks.should_stop && hooks.should_stop()) throw DataError(folder.string() + ": stopped");
      if (!std::exchange(told, true) && hooks.note)
        hooks.note(folder.string() + ": another process fetches this set; waits for it to end");
      constexpr auto kPause = std::chrono::milliseconds(100);
      std::this_thread::sleep_for(kPause);
    }
  }
  ~FetchLock() {
    ::unlink(file_.c_str());  // while it is held, so that nobody waits for a file that has no name
    ::close(descriptor_);
  }
  FetchLock(const FetchLock&) = delete;
  FetchLock& operator=(const FetchLock&) = delete;

 private:
  bool acquire() {
    descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw DataError(file_.string() + ": cannot be written: " + std::strerror(errno));
    const bool held = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;  // or there are no locks
    struct stat open {
    }, named{};
    const bool same = ::fstat(descriptor_, &open) == 0 && ::stat(file_.c_str(), &named) == 0 &&
                      open.st_ino == named.st_ino && open.st_dev == named.st_dev;
    if (held && same) return true;
    ::close(descriptor_);
    return false;
  }

  const fs::path file_;
  int descriptor_ = -1;
};

}  // namespace

const std::vector<RemoteDataSet>& remote_data_sets() {
  static const std::vector<RemoteDataSet> sets = {
      {"mnist",
       "60,000 + 10,000 handwritten digits, 28×28 (LeCun et al., 1998)",
       {"https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist"},
       {{"train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
        {"train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
        {"t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
        {"t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}}},
      {"fashion-mnist",
       "60,000 + 10,000 articles of clothing, 28×28 (Xiao, Rasul & Vollgraf, 2017)",
       {"https://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"},
       {{"train-images-idx3-ubyte.gz", 26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
        {"train-labels-idx1-ubyte.gz", 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
        {"t10k-images-idx3-ubyte.gz", 4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
        {"t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}}},
      {"cifar10",
       "50,000 + 10,000 colour images, 32×32 (Krizhevsky, 2009)",
       {"https://www.cs.toronto.edu/~kriz"},
       {{"cifar-10-binary.tar.gz", 170052171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
         true}}},
  };
  return sets;
}

void fetch(const RemoteDataSet& set, const fs::path& folder, const std::string& from, const FetchHooks& hooks) {
  const auto target = folder / set.name;
  std::error_code error;
  fs::create_directories(target, error);
  if (error) throw DataError(target.string() + ": cannot be made: " + error.message());
  // What is there whole is told without a lock: the folder may be another's, and only to be read.
  if (std::all_of(set.files.begin(), set.files.end(), [&](const auto& file) { return is_whole(file, target); })) {
    for (const auto& file : set.files) {
      if (hooks.note) hooks.note((target / file.name).string() + ": is there already");
    }
    return;
  }
  const FetchLock lock(target, hooks);
  for (const auto& file : set.files) fetch_file(file, from.empty() ? set.mirrors : std::vector{from}, target, hooks);
}

}  // namespace evobrnn
