"""Generator: write the parts of documents that are derived from the code.

The schema in Pulumi.yaml and the guide's tables of settings come from the fields of Settings. The
tables in environment.md come from the job's variables.

Run as `python -m docs.generate`. With `--check` it writes nothing, and fails if a file is stale.
"""

import argparse
import dataclasses
import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from host import inherited
from job.run.environment.job_environment import JobEnvironment
from job.run.environment.variables import OTHER_PLATFORMS, SECTIONS, Variable
from stacks.settings import Settings, setting_fields

_ROOT = Path(__file__).parent.parent
_OTHER_PLATFORMS = (
    "RESOURCE_TYPE accepts none of these platforms, since the nodes are instances of Google Cloud."
    " Their variables are ignored, with a warning."
)
_DROPPED = (
    "Programs that the job, `make` or localcloud starts do not get these variables. There are two"
    " exceptions: the E2E suite gets all except those in the last rows, and a command after"
    " `localcloud run --` gets all. Everything else is passed on, such as proxies (`HTTPS_PROXY`,"
    " `NO_PROXY` and the like; the loopback addresses are added to `NO_PROXY`), `GOOGLE_*`,"
    " `CLOUDSDK_*`, `DOCKER_*`, `SSL_CERT_FILE`, and the variables of Pulumi's backends. Of the"
    " user's configuration files, only pip's is read; ~/.gitconfig, ~/.ssh/config, ~/.netrc and"
    " ~/.curlrc are ignored."
)
_TYPES = {str: "string", bool: "boolean", int: "integer", tuple[str, ...]: "array"}


# The provider's own configuration.
_PROVIDER = {
    # The provider's attribution label would cost each address a second operation of 5 s.
    "gcp:addPulumiAttributionLabel": "false",
    # By default the provider polls an operation every 10 s, and operations take 5 to 20 s.
    "gcp:pollInterval": "1s",
}


def schema() -> dict[str, Any]:
    """Return the `config` section of Pulumi.yaml."""
    hints = get_type_hints(Settings)
    section: dict[str, Any] = {**_PROVIDER}
    for key, field in setting_fields().items():
        # Pulumi's schema has no type for fractions, so they are strings.
        kind = _TYPES.get(hints[field.name], "string")
        entry: dict[str, Any] = {"type": kind, "description": field.metadata["doc"]}
        if kind == "array":
            entry["items"] = {"type": "string"}
        entry["default"] = _plain(field.default, kind)
        section[key] = entry
    return section


def _plain(default: Any, kind: str) -> Any:
    if kind == "array":
        return list(default)
    return str(default) if kind == "string" else default


def pulumi_yaml(text: str) -> str:
    """Return Pulumi.yaml with a current `config` section. Everything above it is kept."""
    head, _, _ = text.partition("\nconfig:")
    body = yaml.safe_dump({"config": schema()}, sort_keys=False, width=100, allow_unicode=True)
    return f"{head.rstrip()}\n{body}"


def settings_table() -> str:
    """Return the guide's tables, one for each section."""
    fields = list(setting_fields().items())
    lines = []
    for section, members in groupby(fields, key=lambda item: item[1].metadata["section"]):
        lines += [f"### {section}", "", "| key | default | meaning |", "| --- | --- | --- |"]
        for key, field in members:
            default = json.dumps(field.default) if field.default not in ("", ()) else "empty"
            lines.append(f"| `{key}` | `{default}` | {field.metadata['doc']} |")
        lines.append("")
    return "\n".join(lines)


def guide(text: str) -> str:
    """Return the guide with current tables of settings."""
    return _between_marks(text, "settings", settings_table())


def environment_tables() -> str:
    """Return the tables of environment variables, one for each section."""
    lines = []
    for section in SECTIONS:
        lines += [f"## {section.title}", "", section.about, ""]
        lines += [
            "| variable | sets | default | meaning | today's scripts |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [_row(variable) for variable in section.variables]
        lines.append("")
    lines += [
        "## Other platforms",
        "",
        _OTHER_PLATFORMS,
        "",
        "| platform | variables |",
        "| --- | --- |",
    ]
    for platform, names in OTHER_PLATFORMS.items():
        lines.append(f"| `{platform}` | {', '.join(f'`{name}`' for name in names)} |")
    lines += ["", *_dropped()]
    return "\n".join([*lines, ""])


def _dropped() -> list[str]:
    """Return the table of variables that do not reach the programs of the job."""
    lines = [
        "## Variables that are dropped",
        "",
        _DROPPED,
        "",
        "| variables of | dropped | why | except |",
        "| --- | --- | --- | --- |",
    ]
    tables = {"": inherited.RULES, "the suite: ": inherited.NOT_FOR_THE_SUITE}
    for whom, rules in tables.items():
        for rule in rules:
            names, kept = (
                ", ".join(f"`{name}`" for name in some) for some in (rule.names, rule.kept)
            )
            lines.append(f"| {whom}{rule.whose} | {names} | {rule.why} | {kept} |")
    return lines


def _row(variable: Variable) -> str:
    sets = ", ".join(f"`{key}`" for key in variable.settings)
    return (
        f"| `{variable.name}` | {sets} | {_default(variable)} | {variable.meaning}"
        f" | {variable.today} |"
    )


def _default(variable: Variable) -> str:
    """Return the value of the CI stack, or the job's own default; empty if there is none."""
    settings = yaml.safe_load((_ROOT / "Pulumi.ci.yaml").read_text(encoding="utf-8"))["config"]
    known = setting_fields()
    values = [settings.get(f"devstack:{key}", known[key].default) for key in variable.settings]
    for field in dataclasses.fields(JobEnvironment):
        if field.name == variable.field and isinstance(field.default, int | str):
            values = [field.default]
    return ", ".join(f"`{json.dumps(value)}`" for value in values if value not in ("", ()))


def environment(text: str) -> str:
    """Return the environment's document with current tables."""
    return _between_marks(text, "variables", environment_tables())


def _between_marks(text: str, what: str, written: str) -> str:
    begin, end = f"<!-- {what}: written by docs/generate.py -->", f"<!-- end of {what} -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{written}\n{end}{after}"


_WRITTEN = {
    "Pulumi.yaml": pulumi_yaml,
    "docs/guide.md": guide,
    "docs/environment.md": environment,
}


def main() -> int:
    """Write the files, or with --check name those that are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name, renew in _WRITTEN.items():
        path = _ROOT / name
        text = path.read_text(encoding="utf-8")
        renewed = renew(text)
        if renewed != text:
            stale.append(path.name)
            if not check:
                path.write_text(renewed, encoding="utf-8")
    if check and stale:
        print(f"stale: {', '.join(stale)}; run 'make docs'", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
