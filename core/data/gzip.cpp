// SPDX-License-Identifier: Apache-2.0
#include "core/data/gzip.hpp"

#include <zlib.h>

#include <fstream>
#include <memory>
#include <vector>

#include "core/trial.hpp"

namespace evobrnn {
namespace {

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  if (!stream.is_open() || stream.bad() || std::filesystem::is_directory(file))
    throw DataError(file.string() + ": cannot be read");
  return bytes;
}

std::string inflate_all(const std::string& bytes, const std::string& name) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;  // the largest window, with a gzip header
  if (inflateInit2(&stream, kGzip) != Z_OK) throw DataError(name + ": zlib cannot start");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::vector<char> buffer(1 << 20);
  for (int state = Z_OK; state != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
    if (state == Z_BUF_ERROR || (state == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) {
      throw DataError(name + ": the gzip file is cut short");
    }
    if (state != Z_OK && state != Z_STREAM_END) {
      throw DataError(name + ": the gzip file is damaged" + (stream.msg ? std::string(": ") + stream.msg : ""));
    }
  }
  return out;
}

}  // namespace

std::string read_maybe_gzip(const std::filesystem::path& file) {
  auto bytes = read_file(file);
  if (bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b') return inflate_all(bytes, file.string());
  if (file.extension() == ".gz") throw DataError(file.string() + ": is named .gz, but is not gzip");
  return bytes;
}

}  // namespace evobrnn
