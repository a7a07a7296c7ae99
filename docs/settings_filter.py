# SPDX-License-Identifier: Apache-2.0
"""For Doxygen: prints a header whose structs say "Section [model]" with the documentation of each member, which stands once, in the program's
tables of settings. It is taken from docs/SETTINGS.md, which a test keeps the same as those. A member that is no setting stays undocumented."""
import pathlib
import re
import sys

ROW = re.compile(r"^\| `([^`]+)` \| (.*) \|$")
# `double a = 0, b = f(1);  // a remark`
MEMBERS = re.compile(r"^  (?P<type>[\w:<>]+) (?P<list>\w[^;/]*);(?:\s*//.*)?$")


def documented_settings():
    page = pathlib.Path(__file__).parent / "SETTINGS.md"
    rows = filter(None, map(ROW.match, page.read_text(encoding="utf-8").splitlines()))
    return {row[1]: [cell.replace(r"\|", "|") for cell in re.split(r"(?<!\\) \| ", row[2])] for row in rows}


def escaped(text):
    return re.sub(r"([\\@<>#%&$])", r"\\\1", text)


def comment(settings, sections, member):
    paths = [member if section == "top level" else f"{section}.{member}" for section in sections] + [member.replace("_", ".", 1)]
    path = next((path for path in paths if path in settings), None)
    if path is None:
        return ""
    _, rule, meaning = settings[path]
    return f"  ///< `{path}`, {escaped(rule)}. {escaped(meaning)}"


def filtered(lines, settings):
    sections = None
    statement = ""
    for line in lines:
        if line.startswith("///"):
            sections = (sections or []) + re.findall(r"(?<=\[)[a-z0-9_.]+(?=\])|top level", line) if "Section" in line or sections else None
        elif line.startswith("}"):
            sections = None
        statement = f"{statement} {line.strip()}" if statement else line
        inside = sections and line.startswith("  ") and "///<" not in line
        if inside and "//" not in line and not line.endswith(";"):
            continue  # a declaration goes on in the next line
        match = MEMBERS.match(statement) if inside else None
        if match:
            for declared in re.split(r", (?=\w+(?: = |, |$))", match["list"]):
                yield f"  {match['type']} {declared};{comment(settings, sections, declared.split(' ')[0])}"
        else:
            yield statement
        statement = ""


if __name__ == "__main__":
    print("\n".join(filtered(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").splitlines(), documented_settings())))
