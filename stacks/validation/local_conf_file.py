"""Local.conf file: validate the file of `localConfFile`. Nothing in it is run.

bash must be able to parse all of its localrc sections as one text, as DevStack reads them. The file
must not set a variable, service option, service or plugin that the stack decides, in any form: the
rest of the stack (clouds.yaml, outputs, checks on the nodes) would not know the other value. A
command that could set one of them is refused too. Problems give name and line.
"""

from collections.abc import Iterator, Sequence

from stacks.decided import SETTING_OF, Decided, configuration_file, decided
from stacks.devstack_services import runs
from stacks.meta_config import Line, Section, options, sections
from stacks.problems import Problem, key_of, problem
from stacks.settings import Settings
from stacks.shell_effects import Assignment, Call, Opaque, effects, syntax_problem

_SHOWN = 60  # characters of a line in an error


def check(settings: Settings) -> Iterator[Problem]:
    """Yield the problems of the file's text."""
    if not settings.local_conf_extra:
        return
    ours = decided(settings)
    found = sections(settings.local_conf_extra)
    for section in found:
        yield from _heading(section)
        if section.group not in {"", "local"}:
            yield from _options(section, ours)
    # DevStack merges all localrc sections into one text.
    lines = [line for section in found if section.is_localrc for line in section.lines]
    yield from _localrc(settings, lines, ours)


def _heading(section: Section) -> Iterator[Problem]:
    if not section.group or not section.file:
        yield _problem(
            section.heading.number,
            f"'{section.heading.text[:_SHOWN]}' is a heading to DevStack, which reads nothing of"
            " what follows it",
            "write [[GROUP|FILE]] without blanks, or indent a test of bash's",
        )


def _options(section: Section, ours: Decided) -> Iterator[Problem]:
    file = configuration_file(section.file)
    for number, ini_section, name in options(section):
        if (file, ini_section, name) in ours.options:
            yield _set(number, f"'{name}' in [{ini_section}] of {section.file}", name)


def _localrc(settings: Settings, lines: Sequence[Line], ours: Decided) -> Iterator[Problem]:
    text = "\n".join(line.text for line in lines)
    if wrong := syntax_problem(text):
        line, reason = wrong
        number = lines[min(line, len(lines)) - 1].number
        yield _problem(number, f"bash cannot read it: {reason}", "mend the file")
        return
    for effect in effects(text):
        number = lines[effect.line - 1].number
        match effect:
            case Assignment(name=name) if name in ours.variables:
                yield _set(number, name, name)
            case Opaque(command=command):
                yield _problem(
                    number,
                    f"'{command[:_SHOWN]}' may set anything, such as what the stack decides",
                    "write the assignments themselves into the file",
                )
            case Call(words=words):
                yield from _call(settings, number, words, ours)


def _call(
    settings: Settings, number: int, words: Sequence[str], ours: Decided
) -> Iterator[Problem]:
    """Yield problems of calls that change DevStack's lists of services and plugins."""
    command, *names = words
    disabled = {"horizon", *settings.disabled_services}
    if command == "disable_all_services":
        yield _set(number, "ENABLED_SERVICES", "DISABLED_SERVICES")
    if command == "enable_plugin" and names[:1] and names[0] in ours.plugins:
        yield _problem(
            number,
            f"it enables the plugin '{names[0]}', which the stack enables, and DevStack stops at"
            " the second time",
            "remove it; the refs of the stack's plugins are settings",
        )
    for name in names:
        stops = command == "disable_service" or name.startswith("-")
        service = name.removeprefix("-")
        if command not in {"enable_service", "disable_service"}:
            continue
        if stops and runs(settings, service):
            remedy = f"remove it, or disable it by {key_of('disabled_services')}"
            yield _problem(number, f"it disables '{service}', which the stack runs", remedy)
        elif not stops and service in disabled and not runs(settings, service):
            key = "horizon" if service == "horizon" else "disabled_services"
            remedy = f"remove it, and change {key_of(key)}"
            yield _problem(number, f"it enables '{service}', which the stack does not run", remedy)


def _set(number: int, shown: str, name: str) -> Problem:
    setting = SETTING_OF.get(name)
    remedy = f"remove it, and set {key_of(setting)} instead" if setting else "remove it"
    return _problem(number, f"it sets {shown}, which the stack decides", remedy)


def _problem(number: int, what: str, remedy: str) -> Problem:
    return problem("local_conf_file", f"line {number}: {what}", remedy)
