// SPDX-License-Identifier: Apache-2.0
#include "evolve/atomic_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <thread>
#include <vector>

#include "evolve/ledger.hpp"
#include "evolve/run_lock.hpp"
#include "tests/scratch_folder.hpp"

namespace evobrnn {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing_support::ScratchFolder;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

mode_t rights(const fs::path& file) {
  struct stat found {};
  EXPECT_EQ(::stat(file.c_str(), &found), 0);
  return found.st_mode & 0777;
}

/// A process that begins drafts of FOLDER/a and FOLDER/b and is killed at that.
void be_killed_with_drafts(const fs::path& folder) {
  const auto child = fork();
  if (child == 0) {
    const DraftFile file(folder / "a");
    const DraftFolder whole(folder / "b");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST(AtomicFile, ReplacesALinkAndNeverWhatItPointsTo) {
  const ScratchFolder scratch;
  const auto victim = scratch.write("victim", "precious");
  const auto file = scratch / "file";
  fs::create_symlink(victim, file);
  fs::create_symlink(victim, scratch / "file.new");  // the draft's name of old
  write_atomically(file, "new");
  EXPECT_EQ(read_whole(victim), "precious");
  EXPECT_FALSE(fs::is_symlink(file));
  EXPECT_EQ(read_whole(file), "new");
}

TEST(AtomicFile, RefusesWhatIsNoFileAndLeavesNothing) {
  const ScratchFolder scratch;
  fs::create_directory(scratch / "folder");
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { write_atomically(scratch / "folder", "x"); }),
              HasSubstr("folder: cannot be written: it is a folder"));
  EXPECT_THAT(error_of([&] { write_atomically(scratch / "pipe", "x"); }), HasSubstr("it is a device, a pipe"));
  EXPECT_THAT(error_of([&] { write_atomically(scratch / "none/file", "x"); }), HasSubstr("No such file"));
  EXPECT_THAT(error_of([&] { OutputFile(scratch / "folder").write("x"); }), HasSubstr("it is a folder"));
  EXPECT_EQ(names_in(scratch.path()).size(), 2U);
}

TEST(AtomicFile, WritesToDevicesAndPipesThatAUserNames) {
  const ScratchFolder scratch;
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] {
    std::ifstream stream(scratch / "pipe");
    read.assign(std::istreambuf_iterator<char>(stream), {});
  });
  OutputFile(scratch / "pipe").write("through");
  reader.join();
  EXPECT_EQ(read, "through");
  EXPECT_TRUE(fs::is_fifo(scratch / "pipe"));
  OutputFile("/dev/null").write("away");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_THAT(error_of([] { OutputFile("/dev/full").write("x"); }),
              HasSubstr("/dev/full: cannot be written: No space"));
  // What a name of the system stands for is written to where it stands, and is no file to be replaced.
  const int file = ::open((scratch / "out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  OutputFile("/dev/fd/" + std::to_string(file)).write("one");
  OutputFile("/proc/self/fd/" + std::to_string(file)).write(" two");
  ::close(file);
  EXPECT_EQ(read_whole(scratch / "out"), "one two");
}

TEST(AtomicFile, HasTheRightsOfTheUmaskOrOfTheFileThatItReplaces) {
  const ScratchFolder scratch;
  const auto before = ::umask(027);
  write_atomically(scratch / "new", "x");
  { DraftFolder(scratch / "folder").put_in_place(); }
  ::umask(before);
  EXPECT_EQ(rights(scratch / "new"), 0640U);
  EXPECT_EQ(rights(scratch / "folder"), 0750U);
  ::chmod((scratch / "new").c_str(), 0600);
  write_atomically(scratch / "new", "y");
  EXPECT_EQ(rights(scratch / "new"), 0600U);
}

TEST(AtomicFile, ManyWritersOfOneFileAllSucceedAndOneOfThemStands) {
  const ScratchFolder scratch;
  std::vector<std::thread> writers;
  std::vector<std::string> errors(8);
  for (std::size_t i = 0; i < errors.size(); ++i)
    writers.emplace_back([&, i] {
      errors[i] = error_of([&] {
        for (int round = 0; round < 20; ++round)
          write_atomically(scratch / "file", std::string(100'000, static_cast<char>('a' + i)));
      });
    });
  for (auto& writer : writers) writer.join();
  for (const auto& error : errors) EXPECT_EQ(error, "");
  const auto text = read_whole(scratch / "file");
  EXPECT_EQ(text, std::string(100'000, text.front()));
  EXPECT_EQ(names_in(scratch.path()).size(), 1U);
}

TEST(AtomicFile, DraftsOfKilledProcessesGoAndThoseOfLivingOnesStay) {
  const ScratchFolder scratch;
  be_killed_with_drafts(scratch.path());
  ASSERT_EQ(names_in(scratch.path()).size(), 2U);
  for (const auto& name : names_in(scratch.path())) EXPECT_TRUE(is_draft(name)) << name;
  scratch.write(".mine.evobrnn-short", "a user's");
  {
    DraftFile file(scratch / "file");  // the first of this process here: looks for leftovers
    EXPECT_EQ(names_in(scratch.path()).size(), 2U) << "its own and the user's";
    remove_leftover_drafts(scratch.path());
    file.write("x");
    file.put_in_place();
  }
  EXPECT_EQ(read_whole(scratch / "file"), "x");
  EXPECT_TRUE(fs::exists(scratch / ".mine.evobrnn-short"));
}

TEST(AtomicFile, AFolderAppearsWholeOrNotAtAll) {
  const ScratchFolder scratch;
  {
    const DraftFolder given_up(scratch / "runs/a/");
    write_atomically(given_up.path() / "f", "x");
  }
  EXPECT_TRUE(fs::is_empty(scratch / "runs"));
  DraftFolder draft(scratch / "runs/a/");
  write_atomically(draft.path() / "f", "x");
  draft.put_in_place();
  EXPECT_EQ(read_whole(scratch / "runs/a/f"), "x");
  DraftFolder second(scratch / "runs/a");
  EXPECT_THAT(error_of([&] { second.put_in_place(); }), HasSubstr("it exists already"));
}

TEST(OwnFile, LinksAndSecondNamesAreRefusedAndUntouched) {
  const ScratchFolder scratch;
  const auto victim = scratch.write("victim", "precious");
  fs::create_directory(scratch / "run");
  const auto lock = scratch / "run/lock";
  fs::create_symlink(victim, lock);
  EXPECT_THAT(error_of([&] { const RunLock taken(scratch / "run"); }),
              HasSubstr("lock: cannot be opened: it is a link"));
  fs::remove(lock);
  fs::create_hard_link(victim, lock);
  EXPECT_THAT(error_of([&] { const RunLock taken(scratch / "run"); }), HasSubstr("second name"));
  fs::remove(lock);
  ASSERT_EQ(::mkfifo(lock.c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { const RunLock taken(scratch / "run"); }), HasSubstr("it is no file"));
  EXPECT_EQ(read_whole(victim), "precious");
  fs::create_directory(scratch / "elsewhere");
  fs::create_directory_symlink(scratch / "elsewhere", scratch / "run/weights");
  EXPECT_THAT(error_of([&] { make_own_folder(scratch / "run/weights"); }), HasSubstr("weights: is a link"));
  EXPECT_THAT(error_of([&] { make_own_folder(victim); }), HasSubstr("cannot be made"));
}

TEST(OwnFile, ALedgerThatIsALinkIsNeitherWrittenNorRead) {
  const ScratchFolder scratch;
  { const Ledger there(scratch / "there.sqlite"); }
  const auto before = read_whole(scratch / "there.sqlite");
  fs::create_symlink(scratch / "there.sqlite", scratch / "ledger.sqlite");
  for (const auto access : {Ledger::Access::write, Ledger::Access::read})
    EXPECT_THAT(error_of([&] { const Ledger ledger(scratch / "ledger.sqlite", access); }),
                HasSubstr("ledger.sqlite: is a link"));
  EXPECT_EQ(read_whole(scratch / "there.sqlite"), before);
  fs::create_directory_symlink(scratch.path(), scratch / "by_link");
  EXPECT_EQ(error_of([&] { const Ledger ledger(scratch / "by_link/there.sqlite"); }), "")
      << "links above it are a user's";
  // Its journal, too, is never written through a link.
  const auto victim = scratch.write("victim", "precious");
  for (const std::string end : {"-wal", "-shm"}) {
    fs::create_symlink(victim, scratch / ("new.sqlite" + end));
    error_of([&] { const Ledger ledger(scratch / "new.sqlite"); });
    EXPECT_EQ(read_whole(victim), "precious") << end;
    for (const std::string name : {"new.sqlite", "new.sqlite-wal", "new.sqlite-shm"}) fs::remove(scratch / name);
  }
}

}  // namespace
}  // namespace evobrnn
