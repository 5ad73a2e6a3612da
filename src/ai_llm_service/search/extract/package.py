"""What the parts of an Office or EPUB package say of each other."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from ai_llm_service.search.extract.safe_xml import read_part
from ai_llm_service.search.extract.zip_gate import GatedZip


@dataclass(frozen=True, slots=True)
class Relation:
    """That a part uses another one, and as what."""

    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Attributes:
    """Remembers the attributes of all elements of some names, and their text."""

    wanted: frozenset[str]
    found: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in self.wanted:
            self.found.append((tag, dict(attributes)))

    def end(self, tag: str) -> None: ...
    def data(self, text: str) -> None: ...


def attributes_in(
    package: GatedZip, part: str, name: str, *wanted: str
) -> list[tuple[str, dict[str, str]]]:
    """The elements of these names in a part, in order; none where the part is missing."""
    reader = Attributes(frozenset(wanted))
    if package.has(part):
        read_part(package.read(part), reader, name)
    return reader.found


def relations(package: GatedZip, part: str, name: str) -> dict[str, Relation]:
    """What a part refers to, by the id it uses; nothing outside of the package is followed."""
    folder, file = posixpath.split(part)
    listed = attributes_in(package, f"{folder}/_rels/{file}.rels".lstrip("/"), name, "Relationship")
    return {
        each.get("Id", ""): Relation(
            each.get("Type", "").rpartition("/")[2], joined(part, each.get("Target", ""))
        )
        for _, each in listed
        if each.get("TargetMode") != "External"
    }


def joined(part: str, target: str) -> str:
    """The name of a part as another one refers to it."""
    path = unquote(target.partition("#")[0])
    absolute = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), path))
    return absolute.lstrip("/")
