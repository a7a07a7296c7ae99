// SPDX-License-Identifier: Apache-2.0
/// The real program in a scratch folder, started as a user starts it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/scratch_folder.hpp"

extern char** environ;

namespace evobrnn::testing {

namespace fs = std::filesystem;

inline std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Program : public ::testing::Test {
 protected:
  struct Outcome {
    int code = -1;
    std::string out, err;
  };

  fs::path folder() const { return scratch_ / ""; }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(scratch_ / name) << text;
    return (scratch_ / name).string();
  }

  pid_t start(const std::vector<std::string>& arguments, const std::string& program = EVOBRNN_PROGRAM) const {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, (scratch_ / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_addopen(&actions, 2, (scratch_ / "err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_addchdir_np(&actions, folder().c_str());
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    pid_t child = 0;
    const int error = posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    EXPECT_EQ(error, 0);
    return child;
  }

  using Variables = std::vector<std::pair<std::string, std::string>>;

  /// The same with variables in its environment that this process has not.
  pid_t start_with(const Variables& variables, const std::vector<std::string>& arguments) const {
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    const auto child = start(arguments);
    for (const auto& [name, value] : variables) unsetenv(name.c_str());
    return child;
  }

  Outcome wait_for(pid_t child) const {
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read(scratch_ / "out"),
            read(scratch_ / "err")};
  }

  Outcome call(const std::vector<std::string>& arguments) const { return wait_for(start(arguments)); }
  Outcome call_with(const Variables& variables, const std::vector<std::string>& arguments) const {
    return wait_for(start_with(variables, arguments));
  }

  testing_support::ScratchFolder scratch_;
};

/// A search of seconds; {} stands for what a test adds.
inline std::string small_search(const std::string& more = "", const std::string& genes = "") {
  return "name = \"small\"\nseed = 4\n[model]\nn = 12\n[task]\nname = \"digits\"\ntrain_samples = "
         "200\nvalidation_samples = 100\ntest_samples = 100\n[train]\nbatch = 50\nsamples = 200\n" +
         more +
         "\n[search]\npopulation = 6\ngenerations = 3\n[final]\nseeds = 2\n[genes]\nmodel.dt = { low = 0.1, high = 0.9 "
         "}\nmodel.n = { low = 6, high = 16 }\n" +
         genes;
}

}  // namespace evobrnn::testing
