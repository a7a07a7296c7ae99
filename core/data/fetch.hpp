// SPDX-License-Identifier: Apache-2.0
/// Downloads published data sets, checks them, and goes on with downloads that broke off.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace evobrnn {

struct RemoteFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;    ///< 64 hexadecimal digits, lower case
  bool archive = false;  ///< a tar.gz that is unpacked beside it
};

struct RemoteDataSet {
  std::string name;  ///< also the folder that it is stored in
  std::string doc;
  std::vector<std::string> mirrors;  ///< tried in order; a file lies at MIRROR/name
  std::vector<RemoteFile> files;
};

/// What can be fetched.
const std::vector<RemoteDataSet>& remote_data_sets();

struct FetchHooks {
  std::function<void(const RemoteFile& file, std::uint64_t done, std::uint64_t total)> progress;
  std::function<void(const std::string& text)> note;  ///< what was done with a file, in words
  std::function<bool()> should_stop;
};

/// Fetches the files that are not there yet into FOLDER/name; `from`, where not empty, replaces the mirrors. A broken
/// download stays as NAME.part and is continued by the next call. An archive has its name only once all that is in it
/// is unpacked; what is missing of it is unpacked again. One process fetches a set at a time: a second one waits, and
/// then finds it there. Throws DataError: no connection, a wrong checksum (the file is removed), no disk space.
void fetch(const RemoteDataSet& set, const std::filesystem::path& folder, const std::string& from,
           const FetchHooks& hooks);

}  // namespace evobrnn
