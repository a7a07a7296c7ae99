// SPDX-License-Identifier: Apache-2.0
#include "core/data/numpy.hpp"

#include <ATen/ATen.h>
#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>

#include "core/read_number.hpp"
#include "core/trial.hpp"

namespace evobrnn {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kMostInflated = 1032;  // bytes that deflate makes of one, at most

[[noreturn]] void wrong(const std::string& what) { throw DataError("NumPy array: " + what); }

/// What a header says of an array: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
struct Header {
  std::string descr;
  bool fortran = false;
  std::vector<std::int64_t> shape;
};

/// A dict of Python with these three keys, and nothing else.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : rest_(text) {}

  Header read() {
    Header header;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!next('}')) {
      const auto key = text();
      expect(':');
      if (key == "descr") {
        if (peek() == '[') wrong("records of several fields are not read; store each field as an array of its own");
        header.descr = text();
        descr = true;
      } else if (key == "fortran_order") {
        header.fortran = boolean();
        order = true;
      } else if (key == "shape") {
        header.shape = tuple();
        shape = true;
      } else {
        damaged();
      }
      if (!next(',') && peek() != '}') damaged();
    }
    if (peek() != '\0' || !descr || !order || !shape) damaged();
    return header;
  }

 private:
  [[noreturn]] static void damaged() { wrong("its header is damaged"); }

  char peek() {
    const auto begin = std::min(rest_.find_first_not_of(" \t\n\r"), rest_.size());
    rest_.remove_prefix(begin);
    return rest_.empty() ? '\0' : rest_.front();
  }
  bool next(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!next(c)) damaged();
  }
  std::string text() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') damaged();
    const auto end = rest_.find(quote, 1);
    if (end == std::string_view::npos) damaged();
    std::string found(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return found;
  }
  bool boolean() {
    peek();
    for (const auto& [word, value] : {std::pair(std::string_view("True"), true), {"False", false}}) {
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    damaged();
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> sizes;
    expect('(');
    while (!next(')')) {
      peek();
      const auto digits = rest_.substr(0, std::min(rest_.find_first_not_of("0123456789"), rest_.size()));
      const auto size = read_number<std::int64_t>(digits);
      if (!size) damaged();
      sizes.push_back(*size);
      rest_.remove_prefix(digits.size());
      if (next('L')) continue;  // as Python 2 wrote it
      if (!next(',') && peek() != ')') damaged();
    }
    return sizes;
  }

  std::string_view rest_;
};

/// A dtype as NumPy writes it: "<f4" is little-endian, real, 4 bytes.
struct Dtype {
  char order = '|', kind = 0;
  std::size_t size = 0;  ///< bytes of a number; characters of a text
};

Dtype read_dtype(const std::string& descr) {
  Dtype dtype;
  const auto size = descr.size() > 2 ? read_number<std::size_t>(std::string_view(descr).substr(2)) : std::nullopt;
  if (size) dtype = {descr[0], descr[1], *size};
  if (dtype.kind == 'O') wrong("holds Python objects; store it with a dtype of numbers, as x.astype(numpy.float32)");
  const std::string known = "b1 f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8";
  const bool text = dtype.kind == 'U' || dtype.kind == 'S';
  if (!size || std::string("<>|=").find(dtype.order) == std::string::npos ||
      (!text && (descr.size() != 3 || known.find(descr.substr(1)) == std::string::npos)))
    wrong(fmt::format("the dtype {} is not read; known: {}, and texts U and S", descr.substr(0, 40), known));
  return dtype;
}

bool swapped(const Dtype& dtype) {
  constexpr bool kLittle = std::endian::native == std::endian::little;
  return dtype.order == (kLittle ? '>' : '<');
}

/// Numbers as they lie in memory here.
std::string in_our_order(std::string_view bytes, std::size_t size, bool swap) {
  std::string ordered(bytes);
  if (swap && size > 1) {
    for (std::size_t at = 0; at + size <= ordered.size(); at += size)
      std::reverse(ordered.begin() + static_cast<std::ptrdiff_t>(at),
                   ordered.begin() + static_cast<std::ptrdiff_t>(at + size));
  }
  return ordered;
}

template <class Unsigned>
at::Tensor to_integers(const std::string& bytes, at::IntArrayRef shape) {
  auto tensor = at::empty(shape, at::kLong);
  auto* to = tensor.data_ptr<std::int64_t>();
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Unsigned)) {
    Unsigned value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof(Unsigned));
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      wrong(fmt::format("holds {}, which is too large", value));
    *to++ = static_cast<std::int64_t>(value);
  }
  return tensor;
}

at::Tensor to_numbers(const Dtype& dtype, const std::string& bytes, at::IntArrayRef shape) {
  if (dtype.kind == 'u' && dtype.size == 2) return to_integers<std::uint16_t>(bytes, shape);
  if (dtype.kind == 'u' && dtype.size == 4) return to_integers<std::uint32_t>(bytes, shape);
  if (dtype.kind == 'u' && dtype.size == 8) return to_integers<std::uint64_t>(bytes, shape);
  const auto type = dtype.kind == 'f'   ? (dtype.size == 2   ? at::kHalf
                                           : dtype.size == 4 ? at::kFloat
                                                             : at::kDouble)
                    : dtype.kind != 'i' ? at::kByte
                    : dtype.size == 1   ? at::kChar
                    : dtype.size == 2   ? at::kShort
                    : dtype.size == 4   ? at::kInt
                                        : at::kLong;
  auto tensor = at::empty(shape, type);
  if (!bytes.empty()) std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) wrong("holds a text that is no Unicode");
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) put(0xe0 | code >> 12);
    else put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

/// Texts of a fixed number of characters, filled up with zeros.
std::vector<std::string> to_texts(const Dtype& dtype, const std::string& bytes, std::size_t count) {
  const auto width = dtype.kind == 'U' ? 4 * dtype.size : dtype.size;
  std::vector<std::string> texts(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto cell = std::string_view(bytes).substr(i * width, width);
    if (dtype.kind == 'S') {
      texts[i] = cell.substr(0, cell.find_last_not_of('\0') + 1);
      continue;
    }
    for (std::size_t at = 0; at < width; at += 4) {
      std::uint32_t code = 0;
      std::memcpy(&code, cell.data() + at, 4);
      if (code == 0) break;
      append_utf8(texts[i], code);
    }
  }
  return texts;
}

std::string_view member_name(archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  return name ? name : "";
}

}  // namespace

bool is_npy(std::string_view bytes) { return bytes.starts_with(kMagic); }
bool is_zip(std::string_view bytes) {
  return bytes.starts_with(std::string_view("PK\3\4", 4)) || bytes.starts_with(std::string_view("PK\5\6", 4));
}

NumpyArray read_npy(std::string_view bytes) {
  if (!is_npy(bytes)) wrong("does not begin as a .npy file");
  const auto byte = [&bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < kMagic.size() + 2) wrong("cut short inside its header");
  const int version = byte(kMagic.size());
  if (version < 1 || version > 3) wrong(fmt::format("version {} is not read; known: 1, 2, 3", version));
  const std::size_t at = kMagic.size() + 2, length_bytes = version == 1 ? 2 : 4;
  if (bytes.size() < at + length_bytes) wrong("cut short inside its header");
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) length |= static_cast<std::size_t>(byte(at + i)) << (8 * i);
  if (length > bytes.size() - at - length_bytes) wrong("cut short inside its header");
  const auto header = HeaderReader(bytes.substr(at + length_bytes, length)).read();
  const auto values = bytes.substr(at + length_bytes + length);

  const auto dtype = read_dtype(header.descr);
  const bool text = dtype.kind == 'U' || dtype.kind == 'S';
  std::uint64_t expected = 1, count = 1;
  bool too_large = __builtin_mul_overflow(std::uint64_t{dtype.kind == 'U' ? 4U : 1U}, dtype.size, &expected);
  for (const auto size : header.shape) {
    too_large |= __builtin_mul_overflow(count, static_cast<std::uint64_t>(size), &count);
    too_large |= __builtin_mul_overflow(expected, static_cast<std::uint64_t>(size), &expected);
  }
  if (too_large || header.shape.size() > 8) wrong("claims an impossible shape");
  if (values.size() != expected)
    wrong(fmt::format("{}: its header promises {} bytes, and {} follow",
                      values.size() < expected ? "cut short" : "too long", expected, values.size()));
  const auto swap = swapped(dtype);
  if (text) {
    if (header.shape.size() != 1 || dtype.size == 0) wrong("texts must be of one dimension");
    return {{}, to_texts(dtype, in_our_order(values, dtype.kind == 'U' ? 4 : 1, swap), count)};
  }
  const auto ordered = in_our_order(values, dtype.size, swap);
  if (!header.fortran) return {to_numbers(dtype, ordered, header.shape), {}};
  const std::vector<std::int64_t> reversed(header.shape.rbegin(), header.shape.rend());
  const auto tensor = to_numbers(dtype, ordered, reversed);
  std::vector<std::int64_t> axes;
  for (auto axis = static_cast<std::int64_t>(reversed.size()) - 1; axis >= 0; --axis) axes.push_back(axis);
  return {tensor.permute(axes).contiguous(), {}};
}

std::map<std::string, NumpyArray> read_npz(const std::string& bytes) {
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_format_zip(reader.get());
  const auto fail = [&] {
    const char* why = archive_error_string(reader.get());
    throw DataError(std::string("zip archive: cannot be read: ") + (why ? why : "damaged"));
  };
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) fail();
  std::map<std::string, NumpyArray> arrays;
  auto room = kMostInflated * bytes.size();  // what an archive of these bytes can hold
  archive_entry* entry = nullptr;
  int state = ARCHIVE_OK;
  while ((state = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const std::string file(member_name(entry));
    constexpr std::string_view kEnding = ".npy";
    if (!file.ends_with(kEnding))
      throw DataError(fmt::format("zip archive: holds \"{}\"; a .npz holds arrays, each as NAME.npy", file));
    std::string array;
    std::vector<char> buffer(1 << 16);
    la_ssize_t got = 0;
    while ((got = archive_read_data(reader.get(), buffer.data(), buffer.size())) > 0) {
      if (static_cast<std::uint64_t>(got) > room) throw DataError("zip archive: claims more than it can hold");
      room -= static_cast<std::uint64_t>(got);
      array.append(buffer.data(), static_cast<std::size_t>(got));
    }
    if (got < 0) fail();
    const auto name = file.substr(0, file.size() - kEnding.size());
    try {
      if (!arrays.try_emplace(name, read_npy(array)).second)
        throw DataError(fmt::format("zip archive: holds {} twice", file));
    } catch (const DataError& error) {
      throw DataError(file + ": " + error.what());
    }
  }
  if (state != ARCHIVE_EOF) fail();
  return arrays;
}

}  // namespace evobrnn
