// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz.hpp"

#include <cxxabi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <typeinfo>

#include "tests/fuzz/allocation_meter.hpp"
#include "tests/fuzz/last_input.hpp"
#include "tests/fuzz/mutator.hpp"

namespace evobrnn::fuzzing {
namespace {

namespace fs = std::filesystem;

// Memory that an input may take: 64 MB whatever it is, and 64 bytes for each of its bytes. A file that is read as JSON,
// text and tensors in turn needs some tens; what is taken because a length field says so goes far beyond.
constexpr std::size_t kAlways = std::size_t{64} << 20, kPerByte = 64;
constexpr std::size_t kMostBeginnings = 100;  // of each input

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> stored_inputs(const std::string& name) {
  std::vector<fs::path> files;
  const auto folder = fs::path(EVOBRNN_FUZZ_SEEDS) / name;
  if (fs::exists(folder)) std::copy(fs::directory_iterator(folder), {}, std::back_inserter(files));
  std::sort(files.begin(), files.end());
  std::vector<std::string> inputs;
  for (const auto& file : files) inputs.push_back(bytes_of(file));
  return inputs;
}

std::string type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                    std::free);
  return name ? name.get() : type.name();
}

class Judge {
 public:
  Judge(const Target& target, const std::string& seed) : target_(target), inputs_(target.name, seed) {}

  /// Whether the input was accepted. Sets failed() where the reader did something else than to take or to refuse it.
  bool accepts(const std::string& input) {
    std::string trouble;
    bool accepted = false;
    inputs_.begin(input);
    start_metering();
    try {
      accepted = target_.accepts(input);
    } catch (const std::exception& error) {
      trouble = "threw " + type_name(typeid(error)) + ": " + error.what();
    } catch (...) {
      trouble = "threw what is no std::exception";
    }
    const auto peak = peak_allocation(), allowed = kAlways + kPerByte * input.size();
    inputs_.end();
    if (trouble.empty() && peak > allowed)
      trouble = "took " + std::to_string(peak) + " bytes for an input of " + std::to_string(input.size());
    (accepted ? accepted_ : refused_) += 1;
    if (trouble.empty()) return accepted;
    failed_ = true;
    ADD_FAILURE() << trouble.substr(0, 1000) << "\n" << inputs_.keep();
    return false;
  }

  bool failed() const { return failed_; }
  long accepted() const { return accepted_; }
  long refused() const { return refused_; }

 private:
  const Target& target_;
  LastInput inputs_;
  long accepted_ = 0, refused_ = 0;
  bool failed_ = false;
};

}  // namespace

void fuzz(const Target& target) {
  const auto seed = environment("EVOBRNN_FUZZ_SEED", "1");
  Judge judge(target, seed);
  if (const auto file = environment("EVOBRNN_FUZZ_INPUT", ""); !file.empty()) {
    std::printf("%s: %s\n", file.c_str(), judge.accepts(bytes_of(file)) ? "accepted" : "not accepted");
    return;
  }
  auto inputs = target.inputs;
  for (const auto& input : inputs) ASSERT_TRUE(judge.accepts(input)) << "a valid input is refused";
  for (const auto& input : stored_inputs(target.name)) inputs.push_back(input);
  const auto damaged = [&](const std::string& input) { return judge.accepts(input) || !judge.failed(); };
  for (const auto& input : inputs) {
    if (!damaged(input)) return;
    for (std::size_t size = 0; size < input.size(); size += input.size() / kMostBeginnings + 1)
      if (!damaged(input.substr(0, size))) return;
  }
  const auto seconds = std::chrono::duration<double>(std::stod(environment("EVOBRNN_FUZZ_SECONDS", "0")));
  const auto begin = std::chrono::steady_clock::now();
  Mutator mutator(inputs, target.tokens, target.longest, std::stoull(seed));
  for (int i = 0; i < target.at_least || std::chrono::steady_clock::now() - begin < seconds; ++i) {
    auto input = mutator.next();
    if (target.repair && i % 2 == 0) input = target.repair(input);
    if (judge.accepts(input)) mutator.keep(input);
    if (judge.failed()) return;
  }
  std::printf("%s: seed %s, %ld inputs accepted, %ld refused, %.0f s\n", target.name.c_str(), seed.c_str(),
              judge.accepted(), judge.refused(),
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  EXPECT_EQ(judge.refused() > 0, target.refuses);
}

void require(bool condition, const std::string& what) {
  if (!condition) throw WrongResult(what);
}

}  // namespace evobrnn::fuzzing
