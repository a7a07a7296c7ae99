// SPDX-License-Identifier: Apache-2.0
#include "evolve/command_settings.hpp"

namespace evobrnn {
namespace {

using Table = SettingsTable<CommandSettings>;

Setting describe(const std::string& path, const std::string& doc) {
  Setting setting;
  setting.path = path;
  setting.doc = doc;
  return setting;
}

/// From 0 on, and a run may go on with another value.
Setting limit(const std::string& path, const std::string& unit, const std::string& doc) {
  auto setting = describe(path, doc);
  setting.low = 0;
  setting.high = 1e9;
  setting.unit = unit;
  setting.changes_no_result = true;
  return setting;
}

#define FIELD(member) \
  [](CommandSettings & s) -> auto& { return s.member; }

Table make_table() {
  Table t;
  const auto add = [&t](Setting setting, auto member) {
    t.push_back(bind_setting<CommandSettings>(std::move(setting), member));
  };
  add(describe("evaluator.command",
               "Program and arguments, as [\"python3\", \"train.py\"], that evaluate each candidate in place of the "
               "training of a network: genome and seed come as JSON on its standard input, its score goes as JSON to "
               "its standard output; docs/COMMANDS.md. A name is looked for as a shell does, a path is relative to "
               "evaluator.folder. No shell comes between: use [\"sh\", \"-c\", …] for one."),
      FIELD(command));
  auto folder = describe("evaluator.folder",
                         "Where the command works. Empty: the folder of the settings file, so that scripts beside it "
                         "are found. Each trial has an empty folder of its own beside that, $EVOBRNN_SCRATCH, which "
                         "goes with it.");
  folder.changes_no_result = true;  // a run may have moved with its scripts
  add(folder, FIELD(folder));
  add(limit("evaluator.time_limit", "s", "A trial that takes longer is ended as timeout. 0: no limit."),
      FIELD(time_limit));
  add(limit(
          "evaluator.memory", "GB",
          "Memory (10^9 bytes) that is resident for the command and all that it starts together, those pages that "
          "they share counted for each; a trial that has more is ended as out_of_memory. Looked at ten times a second, "
          "so that a limit of virtual memory stops no program that only reserves much. 0: no limit."),
      FIELD(memory));
  add(limit("evaluator.grace_seconds", "s",
            "A command that is to end (a time limit, Ctrl-C) receives SIGTERM, and SIGKILL when it has not ended for "
            "as long. The default leaves time to close files, and a run that is stopped does not wait for long."),
      FIELD(grace_seconds));
  add(describe("evaluator.defaults",
               "Whether the final tests also run the command with an empty genome, for defaults of its own, to be "
               "compared with. Off, for not every command has any."),
      FIELD(defaults));
  add(describe(
          "evaluator.embedded",
          "In place of a command: the objective is a function inside of the program that made the run, by evolve() "
          "or ask and tell, which alone can go on with it. Not for files of your own."),
      FIELD(embedded));
  add(describe("evaluator.version",
               "A name for the objective as it is: whoever changes a script, or a function, in a way that changes "
               "results gives another one, and a run does not go on under another one. Of a function inside of a "
               "program it is SearchPlan::version. Files that a command names are told apart without it."),
      FIELD(version));
  return t;
}

#undef FIELD

}  // namespace

const SettingsTable<CommandSettings>& command_settings_table() {
  static const Table table = make_table();
  return table;
}

}  // namespace evobrnn
