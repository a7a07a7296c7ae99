// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/mutator.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace evobrnn::fuzzing {
namespace {

constexpr std::size_t kMostKept = 64;

/// Where readers go wrong: the ends of the ranges of integers, and what separates parts of texts.
constexpr std::array<char, 20> kBytes = {'\0', '\1', '\x7f', '\x80', '\xff', '\x1f', '"', '\\', '[', ']',
                                         '{',  '}',  ',',    ':',    '.',    '-',    ' ', '\n', '0', '9'};
constexpr std::array<std::uint64_t, 16> kNumbers = {0,
                                                    1,
                                                    2,
                                                    3,
                                                    127,
                                                    128,
                                                    255,
                                                    65535,
                                                    65536,
                                                    0x7fffffff,
                                                    0x80000000,
                                                    0xffffffff,
                                                    std::uint64_t{1} << 40,
                                                    0x7fffffffffffffff,
                                                    0x8000000000000000,
                                                    std::numeric_limits<std::uint64_t>::max()};
const std::vector<std::string> kNumberTexts = {"0",
                                               "-1",
                                               "1e308",
                                               "1e999",
                                               "-1e-320",
                                               "nan",
                                               "inf",
                                               "-0.0",
                                               "00",
                                               "0x10",
                                               "2147483648",
                                               "9223372036854775807",
                                               "-9223372036854775808",
                                               "9223372036854775808",
                                               "18446744073709551615",
                                               "99999999999999999999999999"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Mutator::Mutator(std::vector<std::string> inputs, std::vector<std::string> tokens, std::size_t longest,
                 std::uint64_t seed)
    : given_(inputs.size()), inputs_(std::move(inputs)), tokens_(std::move(tokens)), longest_(longest), random_(seed) {}

void Mutator::keep(const std::string& input) {
  if (inputs_.size() < given_ + kMostKept) inputs_.push_back(input);
  else inputs_[given_ + below(kMostKept)] = input;
}

std::string Mutator::next() {
  static constexpr std::array<Damage, 12> kDamages = {
      &Mutator::flip_bit,     &Mutator::overwrite_byte, &Mutator::overwrite_number,  &Mutator::replace_digits,
      &Mutator::truncate,     &Mutator::erase_stretch,  &Mutator::duplicate_stretch, &Mutator::repeat_stretch,
      &Mutator::move_stretch, &Mutator::splice,         &Mutator::insert_token,      &Mutator::insert_token};
  auto input = one_of(inputs_);
  for (std::size_t count = std::size_t{1} << below(4); count > 0; --count) (this->*one_of(kDamages))(input);
  if (input.size() > longest_) input.resize(longest_);
  return input;
}

std::size_t Mutator::below(std::size_t end) { return end == 0 ? 0 : random_() % end; }

std::size_t Mutator::stretch(std::size_t most) {
  const std::size_t usual = std::size_t{1} << below(8);
  return std::min(most, 1 + below(below(4) == 0 ? most : usual));
}

void Mutator::flip_bit(std::string& input) {
  if (input.empty()) return;
  auto& byte = input[below(input.size())];
  byte = static_cast<char>(byte ^ static_cast<char>(1U << below(8)));
}

void Mutator::overwrite_byte(std::string& input) {
  if (!input.empty()) input[below(input.size())] = below(3) == 0 ? static_cast<char>(random_()) : one_of(kBytes);
}

void Mutator::overwrite_number(std::string& input) {
  const std::size_t bytes = std::size_t{1} << below(4);
  if (input.size() < bytes) return;
  // Headers come first.
  const auto at = below(below(2) == 0 ? std::min<std::size_t>(32, input.size() - bytes + 1) : input.size() - bytes + 1);
  const auto number = below(2) == 0 ? one_of(kNumbers) : one_of(kNumbers) + below(input.size() + 1);
  const bool big_end_first = below(2) == 0;
  for (std::size_t i = 0; i < bytes; ++i)
    input[at + (big_end_first ? bytes - 1 - i : i)] = static_cast<char>(number >> (8 * i) & 0xff);
}

void Mutator::replace_digits(std::string& input) {
  const auto start = input.begin() + static_cast<std::ptrdiff_t>(below(input.size()));
  const auto first = std::find_if(start, input.end(), is_digit);
  input.replace(first, std::find_if_not(first, input.end(), is_digit), one_of(kNumberTexts));
}

void Mutator::truncate(std::string& input) { input.resize(below(input.size())); }

void Mutator::erase_stretch(std::string& input) { input.erase(below(input.size()), stretch(input.size())); }

void Mutator::duplicate_stretch(std::string& input) {
  const auto piece = input.substr(below(input.size()), stretch(input.size()));
  input.insert(below(input.size() + 1), piece);
}

void Mutator::repeat_stretch(std::string& input) {
  const auto at = below(input.size());
  const auto piece = below(2) == 0 && !tokens_.empty() ? one_of(tokens_) : input.substr(at, 1 + below(8));
  if (piece.empty() || input.size() >= longest_) return;
  const auto most = (longest_ - input.size()) / piece.size();
  std::string repeated;
  for (auto count = below(4) == 0 ? most : std::min(most, stretch(1000)); count > 0; --count) repeated += piece;
  input.insert(at, repeated);
}

void Mutator::move_stretch(std::string& input) {
  const auto from = below(input.size()), size = stretch(input.size());
  const auto piece = input.substr(from, size);
  input.replace(below(input.size()), piece.size(), piece);
}

void Mutator::splice(std::string& input) {
  const auto& other = one_of(inputs_);
  input = input.substr(0, below(input.size() + 1)) + other.substr(below(other.size()));
}

void Mutator::insert_token(std::string& input) {
  if (tokens_.empty()) return;
  const auto& token = one_of(tokens_);
  const auto at = below(input.size() + 1);
  if (below(2) == 0) input.insert(at, token);
  else input.replace(at, token.size(), token);
}

}  // namespace evobrnn::fuzzing
