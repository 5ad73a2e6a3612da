"""Files that nobody should have to read: more than 300, each made when it is asked for.

`python -m tests.hostile.corpus FOLDER` writes them to a folder.
"""

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests import files
from tests.hostile import mails, marked_up, packages, pdfs, pictures, texts

CUTS = (0.02, 0.2, 0.5, 0.8, 0.95, 0.999)
FLIPS = (1, 3, 10, 40, 200, 2000)

Make = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file and the family that it belongs to."""

    family: str
    name: str
    make: Make


def corpus(address: str = "http://127.0.0.1:9/") -> list[Hostile]:
    """All of them; what wants to call home calls the address."""
    made = [*_damaged(), *_families(address)]
    assert len({(each.family, each.name) for each in made}) == len(made)
    return made


def _families(address: str) -> Iterator[Hostile]:
    for family, named in (
        ("texts", texts.hostile()),
        ("polyglots", texts.polyglots()),
        ("markup", marked_up.hostile(address)),
        ("packages", packages.hostile(address)),
        ("pdfs", pdfs.hostile(address)),
        ("pictures", pictures.hostile()),
        ("mails", mails.hostile()),
    ):
        for name, make in named.items():
            yield Hostile(family, name, make)


def _damaged() -> Iterator[Hostile]:
    """Good files of each format, cut off and with flipped bits."""
    for name, make in GOOD.items():
        for cut in CUTS:
            yield Hostile("cut", f"{cut}-{name}", partial(_cut, make, cut))
        for flips in FLIPS:
            yield Hostile("flipped", f"{flips}-{name}", partial(_flip, make, flips))


def _cut(make: Make, share: float) -> bytes:
    data = make()
    return data[: max(1, int(len(data) * share))]


def _flip(make: Make, count: int) -> bytes:
    data = make()
    chance = random.Random(count)
    flipped = bytearray(data)
    for _ in range(count):
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _sheet() -> bytes:
    return files.workbook({"S": {f"A{row}": f"text {row}" for row in range(1, 200)}})


GOOD: dict[str, Make] = {
    "a.pdf": lambda: files.pdf(*[["A line of text."] * 20] * 5),
    "a.docx": files.word,
    "a.pptx": files.slides,
    "a.xlsx": _sheet,
    "a.odt": lambda: files.open_document("text", "<office:text><text:p>a</text:p></office:text>"),
    "a.epub": lambda: files.book("<html><body><h1>One</h1><p>It rains.</p></body></html>" * 30),
    "a.eml": lambda: files.mail("text", {"a.docx": files.word()}, "<p>text"),
    "a.png": lambda: files.image("text"),
    "a.jpg": lambda: files.image("text", "JPEG"),
    "a.tif": lambda: files.image("text", "TIFF", ["more"]),
    "a.html": lambda: b"<html><body><table><tr><td>one<td>two</table>" * 50,
    "a.rtf": lambda: rb"{\rtf1\ansi{\fonttbl\f0 Arial;}\f0 text \b bold\b0\par more}" * 20,
    "a.json": lambda: b'{"rows": [' + b'{"a": 1, "b": "text"},' * 100 + b"{}]}",
    "a.csv": lambda: b'town,note\nPune,"dry\nsince May"\n' * 100,
    "a.xml": lambda: b"<?xml version='1.0'?><a>" + b"<b c='1'>text</b>" * 100 + b"</a>",
}


def main() -> None:
    folder = Path(sys.argv[1])
    for number, each in enumerate(corpus()):
        path = folder / each.family / f"{number:03}-{each.name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(each.make())


if __name__ == "__main__":
    main()
