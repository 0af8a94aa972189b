"""Shell effects: find the variables and commands of a bash text without running it.

bash itself decides whether the text can be parsed, and shfmt's parser gives its structure. In a
subshell assignments have no effect, but calls have. A function's body counts as called, and a
branch as taken. If a name is known only when the text runs, the effect is `Opaque`.
"""

import itertools
import json
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stacks.shell_words import literal, names_of_builtin

Node = dict[str, Any]

_TIMEOUT_S = 120
_WORD = re.compile(r"`(?!newline')[^'\n]*\w[^'\n]*'")
_SYNTAX_ERROR = re.compile(r"line (?P<line>[0-9]+): (?P<what>.*)")
_ARITHMETIC_ASSIGNMENTS = {"++", "--", "=", "<<=", ">>="} | {f"{each}=" for each in "+-*/%&|^"}
_DECLARES_NAMEREF = re.compile(r"-[A-Za-z]*n")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TARGET = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[.*|\+?=.*)?", re.DOTALL)
_READ = re.compile(r"\$\{?[A-Za-z_][A-Za-z0-9_]*(?![A-Za-z0-9_]|:?=)")


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A line sets, unsets or may set a variable."""

    line: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """A command with its arguments. Words that only bash can expand are empty."""

    line: int
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Opaque:
    """A command that may set any variable."""

    line: int
    command: str


Effect = Assignment | Call | Opaque


def syntax_problem(text: str) -> tuple[int, str] | None:
    """Return the line, from 1, and the reason why bash cannot parse the text, or None.

    bash parses it with `-n`, which runs nothing.
    """
    # With -n, bash does not run a `shopt` in the text that enables these patterns.
    extended = ("-O", "extglob") if "extglob" in text else ()
    done = _run("bash", "--norc", *extended, "-n", text=text)
    if not done.returncode:
        return None
    found = _SYNTAX_ERROR.search(done.stderr)
    if not found:
        return 1, f"exit {done.returncode}"
    # Conceal the unexpected word, which may be part of a password.
    return int(found["line"]), _WORD.sub("a word", found["what"])


def effects(text: str) -> Iterator[Effect]:
    """Yield the effects of a text that bash can parse."""
    beside_python = Path(sysconfig.get_path("scripts"), "shfmt")
    try:
        done = _run(str(beside_python), "--to-json", "--language-dialect", "bash", text=text)
        yield from _walk(json.loads(done.stdout))
    except (ValueError, RecursionError, subprocess.TimeoutExpired):
        # shfmt rejects a few texts that bash accepts, such as an unquoted dot in an index. It
        # writes 50 MB for a text of 200 kB.
        yield from _mentions(text)


def _run(program: str, *arguments: str, text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        capture_output=True,
        check=False,
        encoding="utf-8",
        # BASH_ENV and the like stay outside; messages are in English.
        env={"LC_ALL": "C", "PATH": str(Path(shutil.which("bash") or "/bin/bash").parent)},
        errors="replace",
        input=text,
        timeout=_TIMEOUT_S,
    )


def _mentions(text: str) -> Iterator[Assignment]:
    """Yield every name that an unknown structure might set."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.lstrip().startswith("#"):
            for name in _IDENTIFIER.findall(_READ.sub("", line)):
                yield Assignment(line=number, name=name)


def _walk(node: Any, line: int = 1) -> Iterator[Effect]:
    """Yield the effects of a part of shfmt's syntax tree, whose node types are `Type`."""
    if isinstance(node, list):
        for each in node:
            yield from _walk(each, line)
    elif isinstance(node, dict):
        line = node.get("Pos", {}).get("Line", line)
        within = itertools.chain(
            _of_node(node, line), _redirections(node, line), _walk(list(node.values()), line)
        )
        hidden = _is_subshell(node)
        yield from (each for each in within if isinstance(each, Call) or not hidden)


def _is_subshell(node: Node) -> bool:
    match node.get("Type"):
        case "CmdSubst":
            return not (node.get("TempFile") or node.get("ReplyVar"))
        case "BinaryCmd":
            return node["Op"] in {"|", "|&"}
        case "Subshell" | "ProcSubst":
            return True
    return bool(node.get("Background"))


def _of_node(node: Node, line: int) -> Iterator[Effect]:
    match node.get("Type"):
        case "CallExpr":
            yield from _call(node, line)
        case "DeclClause":
            yield from _declaration(node, line)
        case "LetClause":
            for expression in node["Exprs"]:
                if expression["Type"] == "Word":
                    code = literal(expression)
                    yield from _text("let …", f"(({code}))" if code else None, line)
        case "WordIter":
            yield from _target(node["Name"]["Value"], line)
        case "CoprocClause" if node.get("Name"):
            yield from _target(literal(node["Name"]), line)
        case "ParamExp" if node.get("Exp", {}).get("Op") in {"=", ":="}:
            yield from _target(None if node.get("Excl") else node["Param"]["Value"], line)
        case "BinaryArithm" | "UnaryArithm" if node["Op"] in _ARITHMETIC_ASSIGNMENTS:
            yield from _target(literal(node["X"]), line)


def _redirections(node: Node, line: int) -> Iterator[Effect]:
    """Yield variables set by `{NAME}>FILE`, to the number of a new descriptor."""
    for redirection in node.get("Redirs", ()):
        descriptor = redirection.get("N", {}).get("Value", "")
        if descriptor.startswith("{"):
            yield from _target(descriptor.strip("{}"), line)


def _target(name: str | None, line: int, command: str = "an assignment") -> Iterator[Effect]:
    """Return the name of an assignment word; None if only bash can expand it."""
    if name is None:
        yield Opaque(line=line, command=command)
    elif found := _TARGET.fullmatch(name):
        yield Assignment(line=line, name=found[1])


def _text(command: str, code: str | None, line: int) -> Iterator[Effect]:
    """Yield the effects of a text that a command runs, at that command's line."""
    if code is None:
        yield Opaque(line=line, command=command)
        return
    for effect in effects(code):
        yield replace(effect, line=line)


def _call(node: Node, line: int) -> Iterator[Effect]:
    words = [literal(word) for word in node.get("Args", ())]
    if not words:
        # Assignments before a command change only its environment.
        for assignment in node.get("Assigns", ()):
            yield from _target(assignment["Name"]["Value"], assignment["Pos"]["Line"])
        return
    while words[1:] and words[0] in {"builtin", "command"}:
        del words[0]
    yield Call(line=line, words=tuple(word or "" for word in words))
    shown = " ".join(word or "…" for word in words)
    if words[0] in {"source", "."}:
        yield Opaque(line=line, command=shown)
    elif words[0] in {"eval", "trap"}:
        code = words[1:] if words[0] == "eval" else words[1:2]
        known = [word for word in code if word is not None]
        yield from _text(shown, " ".join(known) if known == code else None, line)
    else:
        for name in names_of_builtin(words):
            yield from _target(name, line, shown)


def _declaration(node: Node, line: int) -> Iterator[Effect]:
    """Yield the effects of `declare` and the like. `export NAME` alone has none."""
    command = node["Variant"]["Value"]
    names = [each for each in node.get("Args", ()) if "Name" in each]
    words = [literal(each["Value"]) for each in node.get("Args", ()) if "Name" not in each]
    for each in names:
        if command != "export" or words or not each.get("Naked"):
            yield from _target(each["Name"]["Value"], each["Pos"]["Line"])
    for word in words:
        if word is None or (command != "export" and _DECLARES_NAMEREF.match(word)):
            yield Opaque(line=line, command=f"{command} {word or '…'}")
        elif word[:1] not in {"-", "+"}:
            yield from _target(word, line)
