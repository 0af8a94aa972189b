"""Shell effects: compared with bash itself, which decides what a text sets."""

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from stacks import shell_effects
from stacks.shell_effects import Assignment, Call, Opaque, effects, syntax_problem

SETS = [
    "{name}=1",
    "{name}+=1",
    "{name}[0]=1",
    "{name}=(1 2)",
    "A=0 {name}=1",
    "A=1; {name}=1",
    "A=1 \\\n  {name}=1",
    "export {name}=1",
    "export A {name}=1",
    'export "{name}=1"',
    "\\export {name}=1",
    "command export {name}=1",
    "builtin declare {name}=1",
    "declare {name}=1",
    "declare -x {name}=1",
    "typeset {name}=1",
    "readonly {name}=1",
    "unset {name}",
    "unset -v A {name}",
    "read {name} <<<1",
    "read -r A {name} <<<'0 1'",
    "read -p '' {name} <<<1",
    "read -a {name} <<<1",
    "printf -v {name} 1",
    "printf -v{name} 1",
    "mapfile {name} <<<1",
    "mapfile -t {name} <<<1",
    "getopts a {name} -a",
    "for {name} in 1; do :; done",
    "(({name}=1))",
    "((A=0, {name}+=1))",
    "(({name}++))",
    "let {name}=1",
    'let "{name}=1"',
    "A=$(({name}=1))",
    "A=$[{name}=1]",
    "A[{name}=1]=0",
    "for (({name}=1; {name}<2; {name}++)); do :; done",
    ": {{{name}}}>/dev/null",
    "eval {name}=1",
    "eval 'A=0;' \"{name}=1\"",
    "trap '{name}=1' DEBUG; :; trap - DEBUG",
    "unset {name}; : ${{{name}:=1}}",
    "unset {name}; : <<END\n${{{name}=1}}\nEND",
    "declare -n A={name}; A=1",
    "declare -A B; B[a.b]=0; {name}=1",
]
"""Statements that change the variable, whatever its value."""

KEEPS = [
    "# {name}=1",
    "A=0 # {name}=1",
    "A='{name}=1'",
    'A="\n# {name}=1"',
    "A=${name}",
    "A=${{{name}:-1}}",
    "echo {name}=1 >/dev/null",
    "({name}=1)",
    "A=$({name}=1; echo 0)",
    "echo 1 | read {name}",
    "{name}=1 :",
    "{name}=1 true",
    ": <<'END'\n{name}=1\nEND",
    "export {name}",
    "[[ ${name} == 1 ]]",
    "if [[ -n ${name} ]]; then A=1; fi",
    "OTHER_{name}=1",
    "{name}_OTHER=1",
    "A=a#b",
    'A= B=\'\' C=""; export A=""; : \'\' ""',
]
"""Statements that do not change the variable."""

AROUND = [
    "{}",
    "if true; then\n{}\nfi",
    "case a in a)\n{}\n;; esac",
    "while true; do\n{}\nbreak; done",
    "{{\n{}\n}}",
    "f() {{\n{}\n}}; f",
    "true && {{\n{}\n}}",
    "! {{\n{}\n}}",
    "A='it''s' B=\"it's\"\n{}",
    "# it's\n{}",
]
"""Constructs around a statement. In a function, only `declare` makes a variable local."""


def assigned(text: str) -> set[str]:
    """Return the names that a text may set; `*` if it may set any name."""
    found = list(effects(text))
    names = {each.name for each in found if isinstance(each, Assignment)}
    return names | ({"*"} if any(isinstance(each, Opaque) for each in found) else set())


def is_kept(text: str) -> bool:
    """Return whether HOST_IP keeps its value in bash, however the text ends."""
    done = subprocess.run(
        ["bash", "--norc", "-c", f"trap 'echo \"<$HOST_IP>\"' EXIT\nHOST_IP=kept\n{text}"],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={"PATH": os.environ["PATH"]},
        timeout=60,
    )
    return done.stdout.endswith("<kept>\n")


@pytest.mark.parametrize("form", SETS)
def test_every_form_in_which_bash_sets_a_variable_is_found(form):
    text = form.format(name="HOST_IP")

    assert not is_kept(text)
    assert assigned(text) & {"HOST_IP", "*"}
    assert syntax_problem(text) is None


@pytest.mark.parametrize("form", KEEPS)
def test_what_sets_nothing_is_no_assignment(form):
    text = form.format(name="HOST_IP")

    assert is_kept(text)
    assert not assigned(text) & {"HOST_IP", "*"}


@examples(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*SETS, *KEEPS]),
            st.sampled_from(["HOST_IP", "MINE"]),
            st.sampled_from(AROUND),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_not_found_leaves_the_variable_as_it_is(parts):
    """Checked with every statement before, after and around it."""
    text = "\n".join(around.format(form.format(name=name)) for form, name, around in parts)

    assert assigned(text) & {"HOST_IP", "*"} or is_kept(text)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("source /opt/more", "source /opt/more"),
        (". ./more", ". ./more"),
        ('eval "$A"', "eval …"),
        ('export "$A=1"', "export …"),
        ("declare -n A=B", "declare -n"),
        ("read -r $A", "read -r …"),
        ("printf -v $A 1", "printf -v … 1"),
        ("unset $A", "unset …"),
        ("let $A", "let …"),
        (": ${!A:=1}", "an assignment"),
    ],
)
def test_what_only_bash_could_tell_is_opaque(text, command):
    assert [each.command for each in effects(text) if isinstance(each, Opaque)] == [command]


@pytest.mark.parametrize("text", ['read -p "$A" B', "printf '%s' \"$A\"", "wait $A", "trap - EXIT"])
def test_an_argument_that_names_no_variable_may_be_anything(text):
    assert "*" not in assigned(text)


def test_a_text_that_takes_the_parser_too_long_is_judged_by_its_names(monkeypatch):
    monkeypatch.setattr(shell_effects, "_TIMEOUT_S", 0)

    assert assigned("HOST_IP=1\n# MINE=1\n: $A ${B:-c} ${D:=1}") == {"HOST_IP", "c", "D"}


def test_calls_have_their_words_and_lines():
    text = "enable_plugin a 'b c' $D\n\nif x; then disable_service \"y\"; fi\n(p | q=$(r)) &"

    assert [each for each in effects(text) if isinstance(each, Call)] == [
        Call(line=1, words=("enable_plugin", "a", "b c", "")),
        Call(line=3, words=("x",)),
        Call(line=3, words=("disable_service", "y")),
        Call(line=4, words=("p",)),
        Call(line=4, words=("r",)),
    ]


@pytest.mark.parametrize(
    ("text", "line"), [("A=1\nB='", 2), ("if true; then\nA=1\n", 3), ("A=(\n)\n)", 3)]
)
def test_what_bash_cannot_parse_has_its_line(text, line):
    assert syntax_problem(text)[0] == line


def test_patterns_that_the_text_itself_allows_are_parsed():
    assert syntax_problem("shopt -s extglob\ncase a in @(a|b)) ;; esac") is None


def test_nothing_is_run(tmp_path):
    """bash only parses the text, with -n, which the text itself cannot switch off."""
    witness = tmp_path / "witness"
    text = f"set +n\n: >{witness}\nA=$(: >{witness})\nHOST_IP=1"

    assert syntax_problem(text) is None
    assert assigned(text) == {"A", "HOST_IP"}
    assert not witness.exists()


@pytest.mark.parametrize("text", ["f() s3cretword", "case x in s3cretword", "A=s3cretword )"])
def test_a_syntax_problem_repeats_no_word_of_the_text(text):
    """It may be half a password."""
    assert "s3cretword" not in syntax_problem(text)[1]


@examples(max_examples=40)
@given(st.text(max_size=60))
def test_any_text_has_effects_or_a_syntax_problem(text):
    if syntax_problem(text) is None:
        assert isinstance(assigned(text), set)
