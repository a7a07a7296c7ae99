// SPDX-License-Identifier: Apache-2.0
#include "apps/data_files.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/run_folder.hpp"
#include "core/io/sha256.hpp"
#include "core/utf8.hpp"

namespace evobrnn {
namespace {

constexpr const char* kData = "data";

}  // namespace

std::string checksum(const DataStore& data, const FoundFile& file) {
  return *data.once<std::string>("sha256 " + file.path.string(), [&file] {
    auto sum = std::make_shared<const std::string>(sha256_of_file(file.path));
    if (identity_of(file.path) != file.identity)
      throw DataError(file.path.string() + ": was changed while it was being read; try again once it is whole");
    return sum;
  });
}

nlohmann::ordered_json data_files(const DataStore& data) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& file : data.found_files())
    list.push_back({{"file", as_utf8(file.path.filename().string())}, {"sha256", checksum(data, file)}});
  return list;
}

bool tells_data(const std::string& provenance) {
  const auto root = nlohmann::json::parse(provenance, nullptr, false);
  return root.is_object() && root.contains(kData) && root.at(kData).is_array();
}

std::string data_difference(const std::string& provenance, const DataStore& data) {
  if (!tells_data(provenance)) return "";
  const auto before = nlohmann::json::parse(provenance).at(kData), now = nlohmann::json(data_files(data));
  if (before.size() != now.size()) return fmt::format("{} files then, {} now", before.size(), now.size());
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (!before[i].is_object() || before[i].value("sha256", "") != now[i].at("sha256"))
      return now[i].at("file").get<std::string>() + " has other bytes";
  }
  return "";
}

void require_same_data(const std::filesystem::path& folder, const DataStore& data) {
  if (!std::filesystem::exists(folder / kProvenanceFile)) return;
  const auto difference = data_difference(read_whole(folder / kProvenanceFile), data);
  if (!difference.empty())
    throw UsageError(fmt::format(
        "{}: its data are not those that it was started with ({}), and a run that goes on stays the same run; "
        "nothing was changed. --data DIR names the folder that has them",
        folder.string(), difference));
}

}  // namespace evobrnn
