// SPDX-License-Identifier: Apache-2.0
#include "evolve/shortage.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace evobrnn {
namespace {

std::string advice(int error) {
  switch (error) {
    case EMFILE:
      return " (ulimit -n)";
    case EAGAIN:
      return " (ulimit -u, or a limit of the control group on processes)";
    case ENOMEM:
      return " (memory; ulimit -v)";
    default:
      return "";
  }
}

}  // namespace

bool is_shortage(int error) {
  constexpr std::array<int, 8> kShortages{EMFILE, ENFILE, EAGAIN, ENOMEM, ENOSPC, EDQUOT, ENOBUFS, ETXTBSY};
  return std::find(kShortages.begin(), kShortages.end(), error) != kShortages.end();
}

std::string shortage_text(const std::string& what, int error) {
  return what + ": " + std::strerror(error) + advice(error);
}

}  // namespace evobrnn
