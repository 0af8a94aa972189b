"""Generator: Pulumi.yaml's schema and the guide's settings, from the fields of Settings.

Run as `python -m docs.generate`; with `--check` it writes nothing and fails if a file is stale.
"""

import argparse
import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from stacks.settings import Settings
from stacks.sources import setting_fields

_ROOT = Path(__file__).parent.parent
_TYPES = {str: "string", bool: "boolean", int: "integer", tuple[str, ...]: "array"}
_BEGIN, _END = "<!-- settings: written by docs/generate.py -->", "<!-- end of settings -->"


# Of the provider's own configuration: its label of its own on every resource costs each address
# a second operation, 5 s for which the nodes would wait.
_PROVIDER = {"gcp:addPulumiAttributionLabel": "false"}


def schema() -> dict[str, Any]:
    """The `config` section of Pulumi.yaml."""
    hints = get_type_hints(Settings)
    section: dict[str, Any] = {**_PROVIDER}
    for key, field in setting_fields(Settings).items():
        # A schema has no type for numbers with a fraction.
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
    """Pulumi.yaml with its `config` section renewed; what stands above it is kept."""
    head, _, _ = text.partition("\nconfig:")
    body = yaml.safe_dump({"config": schema()}, sort_keys=False, width=100, allow_unicode=True)
    return f"{head.rstrip()}\n{body}"


def settings_table() -> str:
    """The guide's tables, one a section."""
    fields = list(setting_fields(Settings).items())
    lines = []
    for section, members in groupby(fields, key=lambda item: item[1].metadata["section"]):
        lines += [f"### {section}", "", "| key | default | meaning |", "| --- | --- | --- |"]
        for key, field in members:
            default = json.dumps(field.default) if field.default not in ("", ()) else "empty"
            lines.append(f"| `{key}` | `{default}` | {field.metadata['doc']} |")
        lines.append("")
    return "\n".join(lines)


def guide(text: str) -> str:
    """The guide with its tables of settings renewed."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n\n{settings_table()}\n{_END}{after}"


def main() -> int:
    """Write both files, or with --check name those that are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for path, renew in ((_ROOT / "Pulumi.yaml", pulumi_yaml), (_ROOT / "docs/guide.md", guide)):
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
