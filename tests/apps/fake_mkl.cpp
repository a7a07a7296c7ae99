// SPDX-License-Identifier: Apache-2.0
/// The functions of MKL that hold it to a number of threads, for LD_PRELOAD: they write down what they are told.
#include <cstdio>
#include <cstdlib>

namespace {

void note(const char* what, int value) {
  const char* const file = std::getenv("FAKE_MKL_LOG");
  if (std::FILE* const log = file ? std::fopen(file, "a") : nullptr) {
    std::fprintf(log, "%s %d\n", what, value);
    std::fclose(log);
  }
}

}  // namespace

extern "C" {
void MKL_Set_Num_Threads(int threads) { note("threads", threads); }
void MKL_Set_Dynamic(int dynamic) { note("dynamic", dynamic); }
}
