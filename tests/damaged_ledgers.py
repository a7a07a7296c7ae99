# SPDX-License-Identifier: Apache-2.0
"""Damages a ledger in many ways and asks every reader: one that exits with 0 though what the ledger says has changed is silent.

    python3 tests/damaged_ledgers.py --program build/release/evobrnn                            # 30 ledgers, one reader of each, in turn
    python3 tests/damaged_ledgers.py --program build/release/evobrnn --count 300 --readers 11   # the long form: all readers of each

Damage that changes nothing that a ledger says, as a bit of a page that nobody uses, may pass.
"""
import argparse
import concurrent.futures
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

SETTINGS = """name = "small"
seed = 4
[model]
n = 6
[task]
name = "digits"
train_samples = 60
validation_samples = 30
test_samples = 30
[train]
batch = 20
samples = 60
[search]
strategy = "random"
population = 4
generations = 4
[final]
seeds = 2
[genes]
model.dt = { low = 0.1, high = 0.9 }
model.n = { low = 4, high = 8 }
"""
TABLES = ("trials", "spare_trials", "generations", "proposals", "facts", "seal")
READERS = {
    "status": ["status", "RUN"],
    "status --json": ["status", "RUN", "--json"],
    "export": ["export", "RUN"],
    "export jsonl": ["export", "RUN", "--format", "jsonl"],
    "report": ["report", "RUN", "--out", "OUT/page.html"],
    "verify": ["verify", "RUN", "--trials", "0"],
    "diff": ["diff", "RUN", "SOUND"],
    "replay": ["replay", "RUN", "1"],
    "examine": ["examine", "RUN", "--no-training", "--quiet", "--out", "OUT/examination"],
    "extend-from": ["run", "RUN/experiment.toml", "--extend-from", "RUN", "--out", "OUT/extended", "--quiet", "--set", "search.generations=1", "--set", "final.seeds=0"],
    "resume": ["resume", "RUN", "--quiet"],
}


class Workplace:
    def __init__(self, program, place):
        self.program, self.place = program, pathlib.Path(place)
        (self.place / "s.toml").write_text(SETTINGS)
        self.sound = self.place / "sound"
        made = self.call(["run", str(self.place / "s.toml"), "--out", str(self.sound), "--quiet"])
        if made.returncode != 0:
            sys.exit(f"the run to be damaged could not be made: {made.stderr}")
        spare = self.call(["run", str(self.place / "s.toml"), "--extend-from", str(self.sound), "--out", str(self.place / "spare"), "--quiet"])
        if spare.returncode != 0:
            sys.exit(f"the run with spare trials could not be made: {spare.stderr}")
        self.runs = (self.sound, self.place / "spare")
        for run in self.runs:
            with sqlite3.connect(run / "ledger.sqlite") as ledger:
                ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.contents = {run: content(run / "ledger.sqlite") for run in self.runs}

    def call(self, words):
        return subprocess.run([self.program, *words], capture_output=True, text=True, errors="replace", timeout=300)

    def ask(self, reader, run, out):
        words = [word.replace("RUN", str(run)).replace("SOUND", str(self.sound)).replace("OUT", str(out)) for word in READERS[reader]]
        return self.call(words)


def content(file):
    """All that the ledger says, as bytes and numbers; None where it cannot be read."""
    try:
        ledger = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        ledger.text_factory = bytes
        try:
            return {table: sorted(map(repr, ledger.execute(f"SELECT * FROM {table}"))) for table in TABLES}
        finally:
            ledger.close()
    except sqlite3.Error:
        return None


def by_sql(*statements):
    def damage(file, chance):
        ledger = sqlite3.connect(file, isolation_level=None)
        try:
            for statement in statements:
                for part in (statement(ledger, chance) if callable(statement) else statement).split(";"):
                    ledger.execute(part)
        finally:
            ledger.close()

    return damage


def pick(ledger, chance, table, column):
    return chance.choice([row[0] for row in ledger.execute(f"SELECT {column} FROM {table}")])


def columns_of(file, table):
    ledger = sqlite3.connect(file)
    try:
        return [row[1] for row in ledger.execute(f"PRAGMA table_info({table})")]
    finally:
        ledger.close()


def changed_cell(table, column):
    def statement(ledger, chance):
        key = "rowid" if table in ("trials", "spare_trials", "generations") else {"proposals": "generation * 1000 + position"}.get(table, "name")
        row = pick(ledger, chance, table, key)
        value = ledger.execute(f"SELECT {column} FROM {table} WHERE {key} = ?", (row,)).fetchone()[0]
        if isinstance(value, (int, float)):
            new = str(value + chance.choice([1, 2, 17]))
        elif value is None:
            new = "0.25"
        elif column == "status":
            new = "'crashed'"
        else:
            new = "'" + (value[:-1] + ("x" if value[-1:] != "x" else "y")).replace("'", "''") + "'"
        quoted = f"'{row}'" if isinstance(row, str) else row
        return f"UPDATE {table} SET {column} = {new} WHERE {key} = {quoted}"

    return by_sql(statement)


def flipped(bits):
    def damage(file, chance):
        data = bytearray(file.read_bytes())
        for _ in range(bits):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(data)

    return damage


def garbled_page(file, chance):
    data = bytearray(file.read_bytes())
    at = 4096 * chance.randrange(len(data) // 4096)
    data[at : at + 4096] = chance.randbytes(4096)
    file.write_bytes(data)


def zeroed(file, chance):
    data = bytearray(file.read_bytes())
    at, length = chance.randrange(len(data)), chance.choice([8, 64, 512])
    data[at : at + length] = bytes(min(length, len(data) - at))
    file.write_bytes(data)


def truncated(file, chance):
    data = file.read_bytes()
    file.write_bytes(data[: chance.choice([0, 1, 99, 512, 4096, len(data) // 2, len(data) - 4096, len(data) - 1, chance.randrange(len(data))])])


def swapped_pages(file, chance):
    data = bytearray(file.read_bytes())
    a, b = (4096 * page for page in chance.sample(range(1, len(data) // 4096), 2))
    data[a : a + 4096], data[b : b + 4096] = data[b : b + 4096], data[a : a + 4096]
    file.write_bytes(data)


def kinds(file):
    """Name → damage."""
    some = lambda table, column="id": lambda ledger, chance: str(pick(ledger, chance, table, column))  # noqa: E731
    remove = lambda table, column="id": by_sql(lambda l, c: f"DELETE FROM {table} WHERE {column} = {some(table, column)(l, c)}")  # noqa: E731
    all_kinds = {
        "deleted trial": remove("trials"),
        "deleted last trial": by_sql("DELETE FROM trials WHERE id = (SELECT max(id) FROM trials)"),
        "deleted final tests": by_sql("DELETE FROM trials WHERE generation < 0"),
        "deleted final tests and their notes": by_sql("DELETE FROM trials WHERE generation < 0; DELETE FROM generations WHERE generation < 0; DELETE FROM proposals WHERE generation < 0"),
        "deleted generation, all of it": by_sql("DELETE FROM trials WHERE generation = 3; DELETE FROM generations WHERE generation = 3; DELETE FROM proposals WHERE generation = 3"),
        "deleted generation": remove("generations", "generation"),
        "deleted proposal": by_sql(lambda l, c: f"DELETE FROM proposals WHERE generation = {c.randrange(4)} AND position = {c.randrange(4)}"),
        "deleted notes": by_sql("DELETE FROM generations; DELETE FROM proposals"),
        "all trials deleted": by_sql("DELETE FROM trials"),
        "doubled trial": by_sql(lambda l, c: f"CREATE TABLE t AS SELECT * FROM trials WHERE id = {some('trials')(l, c)}; UPDATE t SET id = 900, repeat = 9; INSERT INTO trials SELECT * FROM t; DROP TABLE t"),
        "doubled trial of another role": by_sql(lambda l, c: f"CREATE TABLE t AS SELECT * FROM trials WHERE id = {some('trials')(l, c)}; UPDATE t SET id = 900, role = 'other'; INSERT INTO trials SELECT * FROM t; DROP TABLE t"),
        "doubled proposal": by_sql("INSERT INTO proposals SELECT generation, position + 50, trial FROM proposals WHERE generation = 1"),
        "swapped trials": by_sql("UPDATE trials SET id = id + 5000 WHERE id IN (1, 2); UPDATE trials SET id = 5003 - id + 5000 WHERE id > 5000; UPDATE trials SET id = id - 5000 WHERE id > 5000"),
        "swapped scores": by_sql("CREATE TABLE t AS SELECT id, score FROM trials; UPDATE trials SET score = (SELECT score FROM t WHERE t.id = 3 - trials.id) WHERE id IN (1, 2); DROP TABLE t"),
        "swapped proposals": by_sql("UPDATE proposals SET trial = 3 - trial WHERE trial IN (1, 2)"),
        "swapped checksums": by_sql("CREATE TABLE t AS SELECT id, checksum FROM trials; UPDATE trials SET checksum = (SELECT checksum FROM t WHERE t.id = 3 - trials.id) WHERE id IN (1, 2); DROP TABLE t"),
        "checksum missing": by_sql(lambda l, c: f"UPDATE trials SET checksum = NULL WHERE id = {some('trials')(l, c)}"),
        "all checksums missing": by_sql("UPDATE trials SET checksum = NULL"),
        "changed without a checksum": by_sql(lambda l, c: f"UPDATE trials SET checksum = NULL, score = 0.99 WHERE id = {some('trials')(l, c)}"),
        "seal emptied": by_sql("DELETE FROM seal"),
        "seal dropped": by_sql("DROP TABLE seal"),
        "trials dropped": by_sql("DROP TABLE trials"),
        "proposals dropped": by_sql("DROP TABLE proposals"),
        "generation not finished": by_sql("UPDATE generations SET finished = NULL WHERE generation = 2"),
        "truncated": truncated,
        "a bit": flipped(1),
        "eight bits": flipped(8),
        "a page of noise": garbled_page,
        "a stretch of zeros": zeroed,
        "swapped pages": swapped_pages,
    }
    for table in TABLES:
        for column in columns_of(file, table):
            all_kinds[f"changed {table}.{column}"] = changed_cell(table, column)
    return all_kinds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--readers", type=int, default=1, help="of each ledger")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        work = Workplace(os.path.abspath(options.program), place)
        all_kinds = kinds(work.sound / "ledger.sqlite")
        names = list(all_kinds)
        random.Random(options.seed).shuffle(names)
        harmless = [name for name in READERS if name not in ("examine", "extend-from", "resume")]

        def one(number):
            name = names[number % len(names)]
            chance = random.Random(f"{options.seed} {number} {name}")
            source = work.runs["spare" in name]
            folder = work.place / f"damaged{number}"
            folder.mkdir()
            run = folder / "run"
            shutil.copytree(source, run)
            file = run / "ledger.sqlite"
            try:
                all_kinds[name](file, chance)
            except (sqlite3.Error, IndexError) as error:
                shutil.rmtree(folder)
                return name, None, [f"refused by SQLite: {error}"]
            changed = content(file) != work.contents[source]
            readers = [list(READERS)[(number * options.readers + i) % len(READERS)] for i in range(min(options.readers, len(READERS)))]
            told, silent = 0, []
            for reader in readers:
                # Where nothing has changed readers that would work for long have nothing to tell.
                if not changed and reader not in harmless:
                    continue
                bytes_before = file.read_bytes()
                answer = work.ask(reader, run, folder)
                if changed and answer.returncode == 0:
                    silent.append(f"{reader}: {answer.stdout[-300:]}")
                elif answer.returncode != 0:
                    told += 1
                    if answer.returncode < 0 or "error: " not in answer.stderr and reader not in ("verify", "diff"):
                        silent.append(f"{reader}: ended with {answer.returncode} and said: {answer.stderr[-300:]}")
                    if reader == "resume" and file.read_bytes() != bytes_before:
                        silent.append("resume changed the damaged file")
            shutil.rmtree(folder)
            return name, changed, [told, *silent]

        damaged = unchanged = refused = told_of = 0
        failures = []
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for name, changed, (told, *silent) in pool.map(one, range(options.count)):
                refused += changed is None
                damaged += changed is True
                unchanged += changed is False
                told_of += told if changed is not None else 0
                failures += [f"{name}: {line}" for line in silent]
        print(f"{damaged} ledgers damaged, {unchanged} in which nothing that they say had changed, {refused} changes that SQLite refused")
        print(f"{told_of} times a reader told of damage; silent readers: {len(failures)}")
        for line in failures:
            print(f"silent: {line}")
        sys.exit(1 if failures or damaged < options.count // 2 else 0)


if __name__ == "__main__":
    main()
