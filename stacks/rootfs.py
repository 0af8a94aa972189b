"""Root file systems: convert a directory that mirrors a node's / into cloud-init's write_files.

Modes come from the tree: 0755 for executable files, 0600 for names that end in `.secret`, 0644 for
the rest. Only names that end in `.tmpl` are rendered, and only values are filled in, since `$`
belongs to shell and local.conf. `x.secret.tmpl` becomes `x`.
"""

import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import jinja2
import yaml
from jinja2 import meta

_EXECUTABLE = 0o100


class TemplateError(ValueError):
    """A template uses an unknown value, or no template uses a given value."""


class Templates:
    """Templates that share one set of values."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values
        self._unused = set(values)

    def render(self, path: Path) -> str:
        """Render a template. Raises TemplateError."""
        template, names = _compiled(path.read_text(encoding="utf-8"))
        self._unused -= names
        try:
            return template.render(self._values)
        except jinja2.UndefinedError as error:
            raise TemplateError(f"{path.name}: {error.message}") from None

    def refuse_unused(self) -> None:
        """Raise TemplateError for values that no template has used so far."""
        if self._unused:
            raise TemplateError(f"no template uses {', '.join(sorted(self._unused))}")


def _on_one_line(value: object) -> str:
    """Write a value as YAML. JSON's escapes beyond U+FFFF have another meaning in YAML."""
    return yaml.safe_dump(
        value, default_flow_style=True, default_style='"', width=float("inf")
    ).strip()


_ENVIRONMENT = jinja2.Environment(
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 (what is made is shell, YAML and INI)
)
_ENVIRONMENT.filters["quote"] = lambda value: shlex.quote(str(value))
_ENVIRONMENT.filters["yaml"] = _on_one_line


@cache
def _compiled(source: str) -> tuple[jinja2.Template, set[str]]:
    """Return a compiled template and the names that it uses."""
    return (
        _ENVIRONMENT.from_string(source),
        meta.find_undeclared_variables(_ENVIRONMENT.parse(source)),
    )


def files(root: Path, templates: Templates) -> Iterator[dict[str, str]]:
    """Yield every file under the root as an entry of write_files, sorted by path."""
    for source in sources(root):
        target = source.relative_to(root)
        content = source.read_text(encoding="utf-8")
        if target.suffix == ".tmpl":
            content = templates.render(source)
            target = target.with_suffix("")
        mode = "0755" if is_executable(source) else "0644"
        if target.suffix == ".secret":
            mode = "0600"
            target = target.with_suffix("")
        yield {"path": f"/{target}", "permissions": mode, "content": content}


def sources(root: Path) -> list[Path]:
    """Return the files under the root, sorted by path."""
    found = sorted(path for path in root.rglob("*") if path.is_file())
    return [path for path in found if path.parent.name != "__pycache__"]


def is_executable(source: Path) -> bool:
    """Tell whether its owner may execute a file."""
    return bool(source.stat().st_mode & _EXECUTABLE)
