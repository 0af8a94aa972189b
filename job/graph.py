"""Graph: a stack's resources, drawn from its state as Mermaid or DOT."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host.errors import JobError, RefusedError

BEGIN, END = "<!-- graph -->", "<!-- end of graph -->"
_INDENT = "  "


@dataclass
class Node:
    """A resource: a component with children, or one that exists in a cloud."""

    number: int
    name: str
    type: str
    dependencies: tuple[str, ...]
    children: list["Node"] = field(default_factory=list)

    @property
    def id(self) -> str:
        """A name without meaning, for both languages have reserved words."""
        return f"n{self.number}"

    @property
    def label(self) -> str:
        """The last part of the type says what it is; the whole is too long for a picture."""
        return f"{self.name}: {self.type.rpartition(':')[2]}"

    def walk(self) -> Iterator["Node"]:
        """The node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def draw(deployment: Mapping[str, Any], language: str) -> str:
    """The picture's source, from the exported state. Raises JobError if there is nothing."""
    roots, edges = read(deployment.get("resources") or [])
    if not roots:
        raise JobError("graph: the stack has no resources; run 'up' first")
    lines = _MERMAID if language == "mermaid" else _DOT
    body = [line for root in roots for line in lines.node(root, 1)]
    arrows = [lines.edge(source, target) for source, target in edges]
    return "\n".join([lines.head, *body, *(f"{_INDENT}{arrow}" for arrow in arrows), lines.tail])


def read(resources: Iterable[Mapping[str, Any]]) -> tuple[list[Node], list[tuple[str, str]]]:
    """The trees of resources, and what depends on what: (dependency, dependent) by id."""
    # State is in the order in which things were done, which differs from run to run.
    shown = [
        resource
        for resource in sorted(resources, key=lambda each: each["urn"].rpartition("::")[2])
        if not resource["type"].startswith("pulumi:") and not resource.get("delete")
    ]
    nodes = {
        resource["urn"]: Node(
            number=number,
            name=resource["urn"].rpartition("::")[2],
            type=resource["type"],
            dependencies=tuple(resource.get("dependencies") or ()),
        )
        for number, resource in enumerate(shown)
    }
    roots: list[Node] = []
    for resource in shown:
        parent = nodes.get(resource.get("parent", ""))
        (parent.children if parent else roots).append(nodes[resource["urn"]])
    edges = [
        (nodes[urn].id, node.id)
        for node in nodes.values()
        for urn in _direct(node, nodes)
        if not nodes[urn].children
    ]
    return roots, edges


def _direct(node: Node, nodes: Mapping[str, Node]) -> list[str]:
    """What it depends on, less what follows from the rest: the picture stays readable."""
    known = [urn for urn in node.dependencies if urn in nodes]
    implied = {further for urn in known for further in _behind(nodes[urn], nodes)}
    return [urn for urn in known if urn not in implied]


def _behind(node: Node, nodes: Mapping[str, Node]) -> Iterator[str]:
    for urn in node.dependencies:
        if urn in nodes:
            yield urn
            yield from _behind(nodes[urn], nodes)


@dataclass(frozen=True)
class _Language:
    """How trees and arrows are written; strings are templates of str.format."""

    head: str
    tail: str
    leaf: str
    group: str
    end: str
    arrow: str

    def node(self, node: Node, depth: int) -> Iterator[str]:
        template = self.group if node.children else self.leaf
        yield _INDENT * depth + template.format(id=node.id, label=node.label)
        for child in node.children:
            yield from self.node(child, depth + 1)
        if node.children:
            yield _INDENT * depth + self.end

    def edge(self, source: str, target: str) -> str:
        return self.arrow.format(source=source, target=target)


_MERMAID = _Language(
    head="flowchart LR",
    tail="",
    leaf='{id}["{label}"]',
    group='subgraph {id}["{label}"]',
    end="end",
    arrow="{source} --> {target}",
)
_DOT = _Language(
    head="digraph stack {\n  rankdir=LR; node [shape=box]; compound=true;",
    tail="}\n",
    leaf='{id} [label="{label}"];',
    group='subgraph cluster_{id} {{ label="{label}";',
    end="}",
    arrow="{source} -> {target};",
)


def put_into(document: Path, mermaid: str) -> None:
    """Replace what is between the marks of a Markdown document."""
    text = document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise RefusedError(f"--into: {document} has no {BEGIN} with {END} behind it; add them")
    picture = f"\n\n```mermaid\n{mermaid.strip()}\n```\n\n"
    document.write_text(f"{before}{BEGIN}{picture}{END}{after}", encoding="utf-8")
