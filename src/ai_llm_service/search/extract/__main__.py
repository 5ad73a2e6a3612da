"""The child process: locks itself in, parses its standard input, writes the text and leaves.

The variable EXTRACT tells the media type, the name and the allowance; unlike arguments, other users
of the machine can't see it. The output is one line of JSON and then the text, unescaped. What it is
about to do goes into a pipe, a line of JSON each.
"""

import ctypes
import errno
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from ai_llm_service.domain import Extraction
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract.registry import parser_of
from ai_llm_service.search.extract.source import Ocr, Source
from ai_llm_service.search.extract.telling import Teller

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
# Any other status is a fault of the service, not of the file.
PARSER_FAILED = 3
SLICE_CHARACTERS = 1 << 20
REFUSED_EVENTS = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.remove",
    "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "shutil.",
)  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main() -> None:
    """Write the extraction, or why there is none; a parser that fails leaves with a status."""
    order = json.loads(os.environ["EXTRACT"])
    name, limits = order["name"], order["allowance"]
    # Nobody waits any more by then: a child must not outlive a worker that was killed.
    signal.alarm(int(limits["wall_seconds"]) + 5)
    try:
        # Loaded before the limits, so that a large library is not charged to the file.
        parser = parser_of(order["media_type"])
        source = _source(order)
        _limit(limits)
        _leave_network(order["ocr"])
        extraction = parser(source)
        _refuse_empty(extraction, name)
        _send(extraction)
    except DocumentRejected as error:
        _send_line({"rejected": error.message})
    except MemoryError:
        _send_line({"rejected": f"{name} needs more memory to be read than is allowed."})
    except OSError as error:
        _leave_by(error, name)
    except Exception:  # noqa: BLE001  # A parser may raise anything over hostile bytes.
        os._exit(PARSER_FAILED)
    # A parser's clean-up of gigabytes is the kernel's.
    os._exit(0)


def _source(order: dict[str, Any]) -> Source:
    teller = Teller(order["tell"])
    file = os.fdopen(0, "rb", closefd=False)
    return Source(file, order["name"], order["media_type"], _ocr(order, teller), teller.pages)


def _ocr(order: dict[str, Any], teller: Teller) -> Ocr | None:
    if order["ocr"] is None:
        return None
    # Images alone need it, and PDFs; loading it costs a few hundredths of a second.
    from ai_llm_service.search.extract.ocr import OcrLimits, OcrTool, Tesseract  # noqa: PLC0415

    limits = OcrLimits(**order["ocr_limits"])

    def allow(pictures: int) -> None:
        """Each picture brings its share of time with it."""
        teller.pictures(pictures)
        soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
        more = soft + pictures * limits.cpu_seconds_per_picture
        resource.setrlimit(resource.RLIMIT_CPU, (min(more, hard), hard))
        signal.alarm(signal.alarm(0) + pictures * limits.seconds_per_picture)

    return Tesseract(OcrTool(**order["ocr"]), limits, allow)


def _refuse_empty(extraction: Extraction, name: str) -> None:
    if not extraction.text or extraction.text.isspace():
        raise DocumentRejected(f"{name} has no text.")


def _limit(limits: dict[str, int]) -> None:
    memory, cpu = limits["memory_bytes"], limits["cpu_seconds"]
    for what, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CPU, cpu + limits["ocr_cpu_seconds"] + 1),
        (resource.RLIMIT_FSIZE, limits["output_bytes"]),
        (resource.RLIMIT_AS, memory),
    ):
        # Not every system knows every limit, and none lets us raise one.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (value, value))
    # The soft limit ends the child by a signal of its own, which names the reason.
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, hard))


def _leave_network(ocr: dict[str, str] | None = None) -> None:
    """Enter a network namespace without a network where that is permitted; refuse sockets.

    Of programs only the one for OCR may run, and no file may be written.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) != 0:
            libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    program = ocr["program"] if ocr else None

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event == "subprocess.Popen" and program is not None and arguments[0] == program:
            return
        if event.startswith(REFUSED_EVENTS) or (event == "open" and _writes(*arguments)):
            raise PermissionError(event)

    sys.addaudithook(refuse)


def _writes(path: object, _mode: object, flags: object) -> bool:
    """Whether a file is opened to be written; what was open before has no path."""
    is_path = isinstance(path, str | bytes) and path != os.devnull
    return is_path and isinstance(flags, int) and bool(flags & WRITING)


def _leave_by(error: OSError, name: str) -> None:
    if error.errno == errno.EFBIG:
        _send_line({"rejected": f"{name} holds more text than is allowed for a file of its size."})
        return
    os._exit(errno.ENOSPC if error.errno in {errno.ENOSPC, errno.EDQUOT} else PARSER_FAILED)


def _send(extraction: Extraction) -> None:
    head: dict[str, object] = {
        "sections": [list(asdict(section).values()) for section in extraction.sections],
        "encoding": extraction.encoding,
        "notes": extraction.notes,
    }
    _send_line(head)
    for start in range(0, len(extraction.text), SLICE_CHARACTERS):
        _write(extraction.text[start : start + SLICE_CHARACTERS].encode())


def _send_line(head: dict[str, object]) -> None:
    """Write the line at the beginning, whatever stood there."""
    os.lseek(1, 0, os.SEEK_SET)
    os.ftruncate(1, 0)
    _write(json.dumps(head).encode() + b"\n")


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    main()
