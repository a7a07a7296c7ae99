// SPDX-License-Identifier: Apache-2.0
#include "core/data/gzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "core/trial.hpp"

namespace evobrnn {

namespace fs = std::filesystem;

class InflatedFile::Source {
 public:
  explicit Source(const fs::path& file) : name_(file.string()), stream_(file, std::ios::binary), buffer_(1 << 16) {
    std::error_code ignored;
    if (!stream_.is_open() || fs::is_directory(file, ignored)) throw DataError(name_ + ": cannot be read");
    fill();
    compressed_ = available() >= 2 && buffer_[0] == kMagic[0] && buffer_[1] == kMagic[1];
    constexpr int kGzip = 15 + 16;  // the largest window, with a gzip header
    if (compressed_ && inflateInit2(&inflated_, kGzip) != Z_OK) throw DataError(name_ + ": zlib cannot start");
  }
  ~Source() {
    if (compressed_) inflateEnd(&inflated_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  bool compressed() const { return compressed_; }

  std::size_t read(char* to, std::size_t size) {
    if (!compressed_) return copy(to, size);
    for (std::size_t got = 0; size > 0 && !ended_;) {
      if (!inside_) {
        begin_member();
      } else if ((got = inflate_some(to, size)) > 0) {
        return got;
      }
    }
    return 0;
  }

 private:
  static constexpr char kMagic[] = {'\x1f', '\x8b'};

  std::size_t available() const { return end_ - begin_; }

  /// Reads on where nothing is left of what was read; false at the end of the file.
  bool fill() {
    if (available() > 0) return true;
    before_ += end_;
    stream_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    begin_ = 0;
    end_ = static_cast<std::size_t>(stream_.gcount());
    if (stream_.bad()) throw DataError(name_ + ": cannot be read");
    return end_ > 0;
  }

  std::size_t copy(char* to, std::size_t size) {
    if (!fill()) return 0;
    const auto count = std::min(size, available());
    std::copy_n(buffer_.data() + begin_, count, to);
    begin_ += count;
    return count;
  }

  /// At the first byte of the file, or behind a member.
  void begin_member() {
    if (!fill()) {
      ended_ = true;
      return;
    }
    if (buffer_[begin_] == '\0') return skip_padding();
    if (buffer_[begin_] != kMagic[0]) garbage();
    inflateReset(&inflated_);
    inside_ = true;
  }

  void skip_padding() {
    for (; fill(); ++begin_) {
      if (buffer_[begin_] != '\0') garbage();
    }
    ended_ = true;
  }

  [[noreturn]] void garbage() const {
    throw DataError(fmt::format("{}: bytes that are not gzip follow its compressed data, from byte {} on", name_,
                                before_ + begin_));
  }

  std::size_t inflate_some(char* to, std::size_t size) {
    constexpr std::size_t kMost = 1 << 30;  // of zlib's counters, which have 32 bits
    if (!fill()) throw DataError(name_ + ": the gzip file is cut short");
    const auto given = available(), room = std::min(size, kMost);
    inflated_.next_in = reinterpret_cast<Bytef*>(buffer_.data() + begin_);
    inflated_.avail_in = static_cast<uInt>(given);
    inflated_.next_out = reinterpret_cast<Bytef*>(to);
    inflated_.avail_out = static_cast<uInt>(room);
    const int state = inflate(&inflated_, Z_NO_FLUSH);
    begin_ += given - inflated_.avail_in;
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
      throw DataError(name_ + ": the gzip file is damaged" + (inflated_.msg ? std::string(": ") + inflated_.msg : ""));
    }
    if (state == Z_STREAM_END) inside_ = false;
    return room - inflated_.avail_out;
  }

  const std::string name_;
  std::ifstream stream_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0, before_ = 0;
  bool compressed_ = false;
  bool inside_ = false, ended_ = false;  ///< a member; the file
  z_stream inflated_{};
};

InflatedFile::InflatedFile(const fs::path& file) : source_(std::make_unique<Source>(file)) {}
InflatedFile::~InflatedFile() = default;
std::size_t InflatedFile::read(char* to, std::size_t size) { return source_->read(to, size); }
bool InflatedFile::compressed() const { return source_->compressed(); }

std::string read_maybe_gzip(const fs::path& file) {
  InflatedFile stream(file);
  if (!stream.compressed() && file.extension() == ".gz")
    throw DataError(file.string() + ": is named .gz, but is not gzip");
  std::string bytes;
  std::vector<char> buffer(1 << 20);
  for (std::size_t got = 0; (got = stream.read(buffer.data(), buffer.size())) > 0;) bytes.append(buffer.data(), got);
  return bytes;
}

}  // namespace evobrnn
