// SPDX-License-Identifier: Apache-2.0
#include "core/data/cifar.hpp"

#include <fmt/format.h>

#include "core/data/gzip.hpp"
#include "core/trial.hpp"

namespace evobrnn {

CifarRecords read_cifar(const std::filesystem::path& file) {
  const auto bytes = read_maybe_gzip(file);
  constexpr auto kRecord = static_cast<std::size_t>(1 + kCifarValues);
  if (bytes.empty() || bytes.size() % kRecord != 0) {
    throw DataError(
        fmt::format("{}: has {} bytes, which is no whole number of records of {} bytes: cut short, or no "
                    "binary CIFAR-10 file",
                    file.string(), bytes.size(), kRecord));
  }
  CifarRecords records;
  records.labels.reserve(bytes.size() / kRecord);
  records.pixels.reserve(bytes.size() - bytes.size() / kRecord);
  for (std::size_t at = 0; at < bytes.size(); at += kRecord) {
    const auto label = static_cast<unsigned char>(bytes[at]);
    if (label >= kCifarClasses) {
      throw DataError(fmt::format("{}: record {} has the label {}; labels go from 0 to {}", file.string(), at / kRecord,
                                  label, kCifarClasses - 1));
    }
    records.labels += bytes[at];
    records.pixels.append(bytes, at + 1, kRecord - 1);
  }
  return records;
}

}  // namespace evobrnn
