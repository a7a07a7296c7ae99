// SPDX-License-Identifier: Apache-2.0
#include "core/data/foreign_format.hpp"

#include <algorithm>
#include <array>

namespace evobrnn {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view begin;
  const char* name;
  std::size_t at = 0;  ///< where it stands
};

constexpr std::array kSignatures = {Signature{"\x89HDF\r\n\x1a\n"sv, "HDF5"},
                                    Signature{"MATLAB "sv, "a MATLAB file"},
                                    Signature{"PAR1"sv, "Parquet"},
                                    Signature{"ARROW1"sv, "Arrow or Feather"},
                                    Signature{"SQLite format 3\0"sv, "an SQLite database"},
                                    Signature{"%PDF"sv, "a PDF document"},
                                    Signature{"\xfd\x37zXZ\0"sv, "compressed with xz; unpack it"},
                                    Signature{"BZh"sv, "compressed with bzip2; unpack it"},
                                    Signature{"\x28\xb5\x2f\xfd"sv, "compressed with zstd; unpack it"},
                                    Signature{"7z\xbc\xaf\x27\x1c"sv, "a 7z archive; unpack it"},
                                    Signature{"Rar!"sv, "a RAR archive; unpack it"},
                                    Signature{"ustar"sv, "a tar archive; unpack it", 257},
                                    Signature{"\x80\x02"sv, "a pickle of Python"},
                                    Signature{"\x80\x03"sv, "a pickle of Python"},
                                    Signature{"\x80\x04"sv, "a pickle of Python"},
                                    Signature{"\x80\x05"sv, "a pickle of Python"},
                                    Signature{"\xff\xfe"sv, "text in UTF-16; store it as UTF-8"},
                                    Signature{"\xfe\xff"sv, "text in UTF-16; store it as UTF-8"},
                                    Signature{"@\0p\0"sv, "text in UTF-16; store it as UTF-8"},
                                    Signature{"\0@\0p"sv, "text in UTF-16; store it as UTF-8"},
                                    Signature{"{"sv, "JSON"},
                                    Signature{"<"sv, "a web page or XML: a download that went wrong?"}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// ARFF begins as .ts does, with lines of @.
bool is_arff(std::string_view text) {
  constexpr auto kFirst = "@relation"sv;
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (text.empty() || (text.front() != '%' && text.front() != '#')) break;
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  }
  return text.size() >= kFirst.size() &&
         std::equal(kFirst.begin(), kFirst.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr auto kMark = "\xef\xbb\xbf"sv;
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

std::string foreign_format(std::string_view bytes) {
  const auto text = without_byte_order_mark(bytes);
  for (const auto& [begin, name, at] : kSignatures) {
    if (text.substr(std::min(at, text.size())).starts_with(begin)) return name;
  }
  return is_arff(text) ? "ARFF; the archives offer the same data as .ts" : "";
}

}  // namespace evobrnn
