// SPDX-License-Identifier: Apache-2.0
#include "core/data/sequence_file.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/data/foreign_format.hpp"
#include "core/data/gzip.hpp"
#include "core/data/numpy.hpp"
#include "core/data/sequence_inputs.hpp"
#include "core/data/sequence_table.hpp"
#include "core/data/ts.hpp"
#include "core/io/safetensors.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRead = "read are safetensors, .npz, .npy, .csv and .ts, as docs/DATA.md says";
constexpr std::array kOthers = {"y", "lengths", "mask"};

std::string lower(std::string text) {
  for (auto& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// Without .gz, in lower case.
std::string ending(const fs::path& file) {
  const auto last = lower(file.extension().string());
  return last == ".gz" ? lower(file.stem().extension().string()) : last;
}

/// Its header is JSON behind eight bytes of length.
bool is_safetensors(std::string_view bytes, const fs::path& file) {
  return ending(file) == ".safetensors" || (bytes.size() > 8 && bytes[8] == '{' && bytes[7] == '\0');
}

bool is_text(std::string_view bytes) {
  const auto begin = bytes.substr(0, 1024);
  return !begin.empty() && std::none_of(begin.begin(), begin.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v';
  });
}

/// The first that is neither blank nor in a comment line; 0 where there is none.
char first_character(std::string_view bytes) {
  auto text = without_byte_order_mark(bytes);
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (text.empty()) return '\0';
    if (text.front() != '#' && text.front() != '%') return text.front();
    text.remove_prefix(std::min(text.find_first_of("\r\n"), text.size()));
  }
}

SequenceFile from_ts(const TsFile& ts) {
  std::int64_t longest = 0;
  for (const auto& one : ts.cases) longest = std::max(longest, one.steps);
  const auto samples = static_cast<std::int64_t>(ts.cases.size());
  std::int64_t given = 0;
  for (const auto& one : ts.cases) given += static_cast<std::int64_t>(one.values.size());
  check_filling(given, samples, longest, ts.dimensions);
  auto x = at::zeros({samples, longest, ts.dimensions}, at::kDouble);
  auto y = at::empty({samples}, at::kLong), lengths = at::empty({samples}, at::kLong);
  for (std::int64_t i = 0; i < samples; ++i) {
    const auto& one = ts.cases[static_cast<std::size_t>(i)];
    std::copy(one.values.begin(), one.values.end(), x[i].data_ptr<double>());
    y.data_ptr<std::int64_t>()[i] = one.label;
    lengths.data_ptr<std::int64_t>()[i] = one.steps;
  }
  return {{{"x", x}, {"y", y}, {"lengths", lengths}}, ts.labels, true};
}

/// Texts stand for classes, in the order of their names.
void add(SequenceFile& file, const std::string& name, const NumpyArray& array) {
  if (array.tensor.defined()) return file.tensors.push_back({name, array.tensor});
  if (name != "y") throw DataError(name + " holds texts; only y may, as names of classes");
  file.labels = array.texts;
  std::sort(file.labels.begin(), file.labels.end());
  file.labels.erase(std::unique(file.labels.begin(), file.labels.end()), file.labels.end());
  std::vector<std::int64_t> classes;
  for (const auto& text : array.texts)
    classes.push_back(std::lower_bound(file.labels.begin(), file.labels.end(), text) - file.labels.begin());
  file.tensors.push_back({"y", at::tensor(classes, at::kLong)});
}

/// x, with the arrays that lie beside it.
SequenceFile from_npy(const std::string& bytes, const fs::path& file) {
  SequenceFile read;
  add(read, "x", read_npy(bytes));
  const auto others = companions(file.filename().string());
  for (std::size_t i = 0; i < others.size(); ++i) {
    const auto other = file.parent_path() / others[i];
    std::error_code ignored;
    if (!fs::exists(other, ignored)) continue;
    try {
      add(read, kOthers[i], read_npy(read_maybe_gzip(other)));
    } catch (const DataError& error) {
      throw DataError(fmt::format("with {}: {}", others[i], error.what()));
    }
  }
  return read;
}

SequenceFile read_bytes(const std::string& bytes, const fs::path& file) {
  if (is_npy(bytes)) return from_npy(bytes, file);
  if (is_zip(bytes)) {
    SequenceFile read;
    for (const auto& [name, array] : read_npz(bytes)) add(read, name, array);
    return read;
  }
  if (is_safetensors(bytes, file)) return {read_safetensors(bytes), {}};
  if (const auto foreign = foreign_format(bytes); !foreign.empty())
    throw DataError(fmt::format("is {}; {}", foreign, kRead));
  if (ending(file) == ".ts") return from_ts(parse_ts(bytes, file.string()));
  if (is_text(bytes) && first_character(bytes) != '@') return read_sequence_table(bytes);
  if (!is_text(bytes)) throw DataError(fmt::format("is {}; {}", bytes.empty() ? "empty" : "of no known format", kRead));
  return from_ts(parse_ts(bytes, file.string()));
}

}  // namespace

SequenceFile read_sequence_file(const fs::path& file) {
  const auto bytes = read_maybe_gzip(file);
  try {
    return read_bytes(bytes, file);
  } catch (const DataError& error) {
    const std::string what = error.what();
    throw DataError(what.starts_with(file.string()) ? what : file.string() + ": " + what);
  }
}

std::vector<std::string> companions(const std::string& file) {
  const auto slash = file.rfind('/');
  const auto begin = slash == std::string::npos ? 0 : slash + 1;
  const auto dot = file.find('.', begin);
  if (dot == std::string::npos || (file.substr(dot) != ".npy" && file.substr(dot) != ".npy.gz")) return {};
  const auto stem = lower(file.substr(begin, dot - begin));
  std::size_t at = begin;
  if (stem != "x" && !stem.starts_with("x_")) {
    if (!stem.ends_with("_x")) return {};
    at = dot - 1;
  }
  std::vector<std::string> others;
  for (const auto* name : kOthers) others.push_back(std::string(file).replace(at, 1, name));
  return others;
}

}  // namespace evobrnn
