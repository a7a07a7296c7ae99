// SPDX-License-Identifier: Apache-2.0
/// Damages valid inputs at random, the same way for the same seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace evobrnn::fuzzing {

class Mutator {
 public:
  /// `tokens`: pieces of the format, to be put in anywhere. No input gets longer than `longest` bytes.
  Mutator(std::vector<std::string> inputs, std::vector<std::string> tokens, std::size_t longest, std::uint64_t seed);

  /// One of the inputs with one to eight kinds of damage.
  std::string next();
  /// An input to damage further. The ones given at the start stay, these make room for each other.
  void keep(const std::string& input);

 private:
  using Damage = void (Mutator::*)(std::string&);
  void flip_bit(std::string& input);
  void overwrite_byte(std::string& input);
  void overwrite_number(std::string& input);  ///< a length field in binary, of 1, 2, 4 or 8 bytes, either end first
  void replace_digits(std::string& input);    ///< a number in text
  void truncate(std::string& input);
  void erase_stretch(std::string& input);
  void duplicate_stretch(std::string& input);
  void repeat_stretch(std::string& input);  ///< up to the full length: deep nesting, long names, many rows
  void move_stretch(std::string& input);
  void splice(std::string& input);
  void insert_token(std::string& input);

  std::size_t below(std::size_t end);     ///< from 0; 0 where end is 0
  std::size_t stretch(std::size_t most);  ///< a length, short ones more often
  template <class List>
  const typename List::value_type& one_of(const List& list) {
    return list[below(list.size())];
  }

  const std::size_t given_;
  std::vector<std::string> inputs_;
  const std::vector<std::string> tokens_;
  const std::size_t longest_;
  std::mt19937_64 random_;
};

}  // namespace evobrnn::fuzzing
