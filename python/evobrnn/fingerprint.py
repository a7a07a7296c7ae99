# SPDX-License-Identifier: Apache-2.0
"""What an objective is as its code says, so that the results of one are not taken for those of another."""

from __future__ import annotations

import ast
import difflib
import dis
import functools
import hashlib
import inspect
import json
import linecache
import sys
import textwrap
import types
from collections.abc import Callable, Iterator
from typing import Any

_MOST_LINES = 20  # of a difference that is told


def _plain_text(value: Any) -> str | None:
    """The value as text where it cannot change by itself; None for others."""
    for kind in (bool, int, float, complex, str, bytes):
        if isinstance(value, kind):
            return repr(kind(value))  # NumPy's numbers are told by their values
    if value is None or value is Ellipsis:
        return repr(value)
    if isinstance(value, (tuple, frozenset)):
        texts = [_plain_text(one) for one in value]
        if all(text is not None for text in texts):
            return f"{type(value).__name__}({', '.join(sorted(texts) if isinstance(value, frozenset) else texts)})"
    return None


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _assigned(code: types.CodeType) -> set[str]:
    """The outer variables and attributes that the code itself gives new values."""
    stores = ("STORE_GLOBAL", "STORE_DEREF", "STORE_ATTR")
    return {step.argval for one in _codes(code) for step in dis.get_instructions(one) if step.opname in stores}


def _bytecode(code: types.CodeType) -> str:
    """For a function without source; differs between versions of Python."""
    parts = [(one.co_code.hex(), one.co_names, [c for c in map(_plain_text, one.co_consts) if c is not None]) for one in _codes(code)]
    return f"Python {sys.version_info[0]}.{sys.version_info[1]} bytecode {hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"


def _lambda_text(function: types.FunctionType) -> str | None:
    """The lambda alone, of the lines that it stands in; None where several begin in one line."""
    lines = linecache.getlines(function.__code__.co_filename, function.__globals__)
    tree = ast.parse("".join(lines))
    here = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda) and node.lineno == function.__code__.co_firstlineno]
    return ast.unparse(here[0]) if len(here) == 1 else None


def _without_documentation(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _source(thing: Any) -> str | None:
    """The source without comments, documentation and layout; None where there is none."""
    try:
        if isinstance(thing, types.FunctionType) and thing.__name__ == "<lambda>":
            return _lambda_text(thing)
        return ast.unparse(_without_documentation(ast.parse(textwrap.dedent(inspect.getsource(thing)))))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None


def _file_hash(thing: Any) -> str:
    module = sys.modules.get(getattr(thing, "__module__", None) or "")
    try:
        with open(module.__file__, "rb") as file:  # type: ignore[union-attr, arg-type]
            return f"file {hashlib.sha256(file.read()).hexdigest()[:16]}"
    except (AttributeError, TypeError, OSError):
        return "no source"


class _Look:
    """Collects the parts of an objective: name → text."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}

    def at(self, thing: Any) -> None:
        if isinstance(thing, functools.partial):
            self.at(thing.func)
            self._values("partial", {**{str(i): v for i, v in enumerate(thing.args)}, **thing.keywords})
        elif inspect.ismethod(thing):
            self.at(thing.__func__)
            self._instance(thing.__self__)
        elif isinstance(thing, types.FunctionType):
            self._function(inspect.unwrap(thing))
        elif inspect.isclass(thing):
            self._class(thing)
        elif inspect.isbuiltin(thing):
            self._named(thing, _file_hash(thing))
        else:
            self._instance(thing)

    def _named(self, thing: Any, text: str) -> bool:
        """False where it was looked at before."""
        name = getattr(thing, "__qualname__", None) or type(thing).__qualname__
        if name in self.parts:
            return False
        self.parts[name] = text
        return True

    def _function(self, function: Any) -> None:
        if not isinstance(function, types.FunctionType):
            self._named(function, _file_hash(function))
            return
        if self._named(function, _source(function) or _bytecode(function.__code__)):
            self._references(function)

    def _references(self, function: types.FunctionType) -> None:
        code = function.__code__
        name, assigned = function.__qualname__, _assigned(code)
        defaults = dict(enumerate(function.__defaults__ or ())) | (function.__kwdefaults__ or {})
        self._values(f"{name}, default", defaults)
        cells = {n: c.cell_contents for n, c in zip(code.co_freevars, function.__closure__ or ()) if _filled(c)}
        self._values(f"{name}, closure", {n: v for n, v in cells.items() if n not in assigned})
        used = {n for one in _codes(code) for n in one.co_names}
        globals_ = {n: function.__globals__[n] for n in sorted(used) if n in function.__globals__ and n not in assigned}
        self._values("global", globals_, function.__module__)

    def _values(self, where: str, values: dict[Any, Any], module: str | None = None) -> None:
        """Values that cannot change by themselves; of functions and classes the source, of globals where their module is this one."""
        for name, value in values.items():
            text = _plain_text(value)
            if text is not None:
                self.parts[f"{where} {name}"] = text
            elif isinstance(value, (types.FunctionType, types.MethodType, functools.partial)) or inspect.isclass(value):
                if module is None or getattr(value, "__module__", None) == module:
                    self.at(value)

    def _class(self, kind: type) -> None:
        """With those of the same module that it derives from."""
        if not self._named(kind, _source(kind) or _file_hash(kind)):
            return
        for method in vars(kind).values():
            if isinstance(method, types.FunctionType):
                self._references(method)
        for base in kind.__bases__:
            if base.__module__ == kind.__module__:
                self._class(base)

    def _instance(self, thing: Any) -> None:
        kind = type(thing)
        self._class(kind)
        methods = [m for m in vars(kind).values() if isinstance(m, types.FunctionType) and m.__name__ != "__init__"]
        assigned = set().union(*(_assigned(method.__code__) for method in methods))
        self._values(f"{kind.__qualname__}, attribute", {n: v for n, v in getattr(thing, "__dict__", {}).items() if n not in assigned})


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents
    except ValueError:
        return False
    return True


def parts_of(objective: Callable[..., Any]) -> dict[str, str]:
    """What of the objective results may depend on, as far as it can be seen, by name.

    Seen: the source of the function, of a class with its methods, of functions and classes of the same module that it names, without
    comments, documentation and layout; defaults, arguments of a partial, variables of the closure, globals and attributes, where they are numbers, texts
    or tuples of such and the objective does not change them itself. Where there is no source, the bytecode, or the file of the module.
    Not seen: other modules, files that are read, arrays, lists and other objects, the environment.
    """
    look = _Look()
    look.at(objective)
    return look.parts


def version_of(parts: dict[str, str]) -> str:
    """The name of an objective by its parts."""
    return "source-" + hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def differences(before: dict[str, str], now: dict[str, str]) -> str:
    """What differs, a few lines of each part."""
    lines: list[str] = []
    for name in dict.fromkeys([*before, *now]):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        lines.append(f"  {name}:")
        changes = difflib.unified_diff((old or "").splitlines(), (new or "").splitlines(), n=0, lineterm="")
        lines += [f"    {line}" for line in list(changes)[2:] if not line.startswith("@@")]
    more = len(lines) - _MOST_LINES
    return "\n".join(lines[:_MOST_LINES] + ([f"  and {more} more lines"] if more > 0 else []))
