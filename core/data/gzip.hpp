// SPDX-License-Identifier: Apache-2.0
/// Files as bytes, gzip-compressed or not. Members of a gzip file that follow each other are one stream (RFC
/// 1952, 2.2), zeros behind the last are padding, as for gzip(1), and anything else behind it is an error.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace evobrnn {

/// A file read from its beginning to its end, decompressed where it is gzip (by its first bytes, not its name).
class InflatedFile {
 public:
  /// Throws DataError where it cannot be read.
  explicit InflatedFile(const std::filesystem::path& file);
  ~InflatedFile();

  /// The next bytes, at most `size` of them; 0: there are no more. Throws DataError where the file is damaged or cut
  /// short, or something follows its compressed data.
  std::size_t read(char* to, std::size_t size);
  bool compressed() const;

 private:
  class Source;
  const std::unique_ptr<Source> source_;
};

/// All bytes of a file, decompressed. Throws DataError as InflatedFile does, and where it is named .gz but is not gzip.
std::string read_maybe_gzip(const std::filesystem::path& file);

}  // namespace evobrnn
