// SPDX-License-Identifier: Apache-2.0
#include "core/io/safetensors.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/io/weights_file.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kLargestHeader = 100'000'000;  // the limit of the format's own readers

// BOOL is read as bytes: whatever they hold, no tensor gets a bool that is neither true nor false.
// What LibTorch has no type for becomes int64; see wide().
const std::array<std::pair<const char*, at::ScalarType>, 10> kTypes = {{{"F32", at::kFloat},
                                                                        {"F64", at::kDouble},
                                                                        {"F16", at::kHalf},
                                                                        {"BF16", at::kBFloat16},
                                                                        {"I64", at::kLong},
                                                                        {"I32", at::kInt},
                                                                        {"I16", at::kShort},
                                                                        {"I8", at::kChar},
                                                                        {"U8", at::kByte},
                                                                        {"BOOL", at::kByte}}};

const char* type_name(at::ScalarType type) {
  for (const auto& [name, known] : kTypes) {
    if (known == type) return name;
  }
  throw DataError("safetensors: this dtype is not written");
}

[[noreturn]] void damaged(const std::string& what) { throw DataError("safetensors: " + what); }

/// Bytes of an unsigned integer of that dtype that becomes int64; 0: it is none.
std::size_t wide(const std::string& dtype) { return dtype == "U16" ? 2 : dtype == "U32" ? 4 : dtype == "U64" ? 8 : 0; }

/// Where one tensor lies, as its header entry says; checked against nothing yet but itself.
struct Span {
  std::string name;
  at::ScalarType type;
  std::size_t unsigned_bytes;  ///< of a number that becomes int64; 0: as `type` has it
  std::vector<std::int64_t> shape;
  std::uint64_t begin, end;
};

Span read_span(const std::string& name, const nlohmann::json& entry) {
  const auto& given = entry.at("dtype");
  const auto dtype = given.is_string() ? given.get<std::string>() : given.type_name();
  const auto type = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& t) { return dtype == t.first; });
  if (type == kTypes.end() && wide(dtype) == 0) {
    std::vector<std::string> known{"U16", "U32", "U64"};
    for (const auto& [text, ignored] : kTypes) known.emplace_back(text);
    damaged(fmt::format("{}: the dtype {} is not read; known: {}", name, dtype.substr(0, 40), fmt::join(known, ", ")));
  }
  Span span{
      name, type == kTypes.end() ? at::kLong : type->second,     wide(dtype),
      {},   entry.at("data_offsets").at(0).get<std::uint64_t>(), entry.at("data_offsets").at(1).get<std::uint64_t>()};
  std::uint64_t bytes = span.unsigned_bytes > 0 ? span.unsigned_bytes : c10::elementSize(span.type);
  for (const auto& size : entry.at("shape")) {
    if (!size.is_number_unsigned()) damaged(name + ": a size is no whole number");
    span.shape.push_back(size.get<std::int64_t>());
    if (span.shape.back() < 0 || __builtin_mul_overflow(bytes, size.get<std::uint64_t>(), &bytes))
      damaged(name + ": impossible shape");
  }
  if (span.end < span.begin || span.end - span.begin != bytes) damaged(name + ": its offsets do not match its shape");
  return span;
}

/// Little-endian unsigned integers as int64.
at::Tensor widened(const Span& span, const char* bytes) {
  auto tensor = at::empty(span.shape, at::kLong);
  auto* to = tensor.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    std::uint64_t value = 0;
    for (std::size_t b = 0; b < span.unsigned_bytes; ++b)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(*bytes++)) << (8 * b);
    if (value >> 63) damaged(fmt::format("{}: holds {}, which is too large", span.name, value));
    to[i] = static_cast<std::int64_t>(value);
  }
  return tensor;
}

/// The header; names that stand in it twice are told, of which JSON keeps the last alone.
nlohmann::json read_header(const std::string& text) {
  std::set<std::string> names;
  std::string twice;
  auto header = nlohmann::json::parse(text, [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& key) {
    if (depth == 1 && event == nlohmann::json::parse_event_t::key && !names.insert(key.get<std::string>()).second)
      twice = key.get<std::string>();
    return true;
  });
  if (!twice.empty()) damaged("its header names " + twice + " twice");
  if (!header.is_object()) damaged("its header is no JSON object");
  return header;
}

}  // namespace

std::string write_safetensors(const std::vector<NamedTensor>& tensors,
                              const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const auto plain = tensor.detach().to(at::kCPU).contiguous();
    const auto begin = data.size();
    data.append(static_cast<const char*>(plain.data_ptr()), plain.nbytes());
    header[name] = {{"dtype", type_name(plain.scalar_type())},
                    {"shape", plain.sizes().vec()},
                    {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data starts at a multiple of eight, as the format asks
  std::string file(kLengthBytes, '\0');
  for (std::size_t i = 0; i < kLengthBytes; ++i) file[i] = static_cast<char>((text.size() >> (8 * i)) & 0xff);
  return file + text + data;
}

std::vector<NamedTensor> read_safetensors(const std::string& bytes) {
  if (bytes.size() < kLengthBytes) damaged("shorter than its header's length");
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    length |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  if (length > kLargestHeader || length > bytes.size() - kLengthBytes) damaged("cut short inside its header");
  const auto data = bytes.substr(kLengthBytes + length);

  std::vector<Span> spans;
  try {
    const auto header = read_header(bytes.substr(kLengthBytes, length));
    for (const auto& [name, entry] : header.items()) {
      if (name != "__metadata__") spans.push_back(read_span(name, entry));
    }
  } catch (const nlohmann::json::exception& error) {
    damaged(std::string("its header cannot be read: ") + error.what());
  }
  std::sort(spans.begin(), spans.end(),
            [](const Span& a, const Span& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });

  std::vector<NamedTensor> tensors;
  std::uint64_t expected = 0;
  for (const auto& span : spans) {
    if (span.begin != expected) damaged(span.name + ": overlaps another tensor or leaves a hole");
    if (span.end > data.size()) damaged(span.name + ": cut short, its offset lies outside the file");
    const bool plain = span.unsigned_bytes == 0;
    auto tensor = plain ? at::empty(span.shape, span.type) : widened(span, data.data() + span.begin);
    if (plain && span.end > span.begin) std::memcpy(tensor.data_ptr(), data.data() + span.begin, span.end - span.begin);
    tensors.push_back({span.name, tensor});
    expected = span.end;
  }
  if (expected != data.size()) damaged("bytes that belong to no tensor follow the last one");
  return tensors;
}

void check_weights(const std::string& bytes) { read_safetensors(bytes); }

}  // namespace evobrnn
