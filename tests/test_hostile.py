"""Each hostile file ends as a refusal, a rejection or a readable text, in bounds."""

import os
import socketserver
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from ai_llm_service.errors import DocumentRejected, UnsupportedFileType
from ai_llm_service.search.extract.ocr import find_ocr_tool
from ai_llm_service.search.extract.sandbox import MEGABYTE, ExtractLimits, Extractor
from ai_llm_service.search.extract.sniff import sniff
from tests.hostile import pdfs
from tests.hostile.corpus import Hostile, corpus

AT_ONCE = 2
LEAST_FILES = 300
# A sample of all families runs with every test; all of it in the campaign.
EVERY = 11
# Of starting a process, on a machine that has other things to do.
SLACK_SECONDS = 30
OCR = find_ocr_tool()
LIMITS = ExtractLimits()


@contextmanager
def listening() -> Iterator[tuple[str, list[object]]]:
    """An address that files want to call, and who called."""
    callers: list[object] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            callers.append(self.client_address)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", callers
        server.shutdown()


def end_of(hostile: Hostile, folder: Path) -> str:
    """How the file ends, as its client sees it."""
    path = folder / f"{hostile.family}-{hostile.name}".replace("/", "_")
    path.write_bytes(hostile.make())
    started = time.monotonic()
    end = _end_of(path, hostile.name)
    allowed = LIMITS.for_file(path.stat().st_size).wall_seconds
    pictures = 5 * LIMITS.ocr.seconds_per_picture if OCR else 0
    assert time.monotonic() - started < allowed + SLACK_SECONDS + pictures, hostile.name
    path.unlink()
    return end


def _end_of(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            media_type = sniff(file.read(64 * 1024), name, file)
        extraction = Extractor(LIMITS, OCR).extract(path, media_type, name)
    except UnsupportedFileType:
        return "refused"
    except DocumentRejected as error:
        return "rejected" if str(path.parent) not in error.message else "told too much"
    assert extraction.text.strip()
    assert "root:x:0" not in extraction.text
    assert all(0 <= s.start <= s.end <= len(extraction.text) for s in extraction.sections)
    return "text"


def survive(chosen: Sequence[Hostile], folder: Path, callers: Sequence[object]) -> Counter[str]:
    """Read them all; what must hold afterwards."""
    storage = folder / "storage"
    storage.mkdir()
    before = _memory_bytes()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends = Counter(pool.map(lambda each: end_of(each, storage), chosen))
    assert list(storage.iterdir()) == []
    assert callers == []
    assert _memory_bytes() - before < 300 * MEGABYTE
    good = storage / "good.txt"
    good.write_text("The worker reads on.")
    assert Extractor().extract(good, "text/plain", "good.txt").text == "The worker reads on."
    return ends


def _memory_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def empty_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files of this process; nothing may be left in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("empty_temporary")
def test_a_sample_of_all_families_harms_nobody(tmp_path: Path) -> None:
    with listening() as (address, callers):
        ends = survive(corpus(address)[::EVERY], tmp_path, callers)
    assert set(ends) == {"refused", "rejected", "text"}


@pytest.mark.campaign
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("empty_temporary")
def test_no_hostile_file_harms_anybody(tmp_path: Path) -> None:
    with listening() as (address, callers):
        everything = corpus(address)
        assert len(everything) >= LEAST_FILES
        ends = survive(everything, tmp_path, callers)
    assert ends.total() == len(everything)
    assert set(ends) == {"refused", "rejected", "text"}


def test_a_pdf_of_more_pages_than_its_size_can_hold_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "kids.pdf"
    path.write_bytes(pdfs.hostile("")["kids.pdf"]())
    with pytest.raises(DocumentRejected, match="more pages"):
        Extractor().extract(path, "application/pdf", "kids.pdf")
