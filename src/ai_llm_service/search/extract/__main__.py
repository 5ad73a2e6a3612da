"""The child process: locks itself in, parses its standard input, writes the text and leaves.

The variable EXTRACT tells the media type, the name and the allowance; unlike arguments, other users
of the machine can't see it. The output is one line of JSON and then the text, unescaped.
"""

import ctypes
import errno
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import BinaryIO

from ai_llm_service.domain import Extraction
from ai_llm_service.errors import DocumentRejected

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
# Any other status is a fault of the service, not of the file.
PARSER_FAILED = 3
SLICE_CHARACTERS = 1 << 20
REFUSED_EVENTS = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")

Parser = Callable[[BinaryIO, str], Extraction]


def main() -> None:
    """Write the extraction, or why there is none; a parser that fails leaves with a status."""
    order = json.loads(os.environ["EXTRACT"])
    name, limits = order["name"], order["allowance"]
    # Nobody waits any more by then: a child must not outlive a worker that was killed.
    signal.alarm(int(limits["wall_seconds"]) + 5)
    parser = _parser(order["media_type"])
    _limit(limits)
    _leave_network()
    try:
        _send(_extract(parser, name))
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


def _parser(media_type: str) -> Parser:
    """Load one parser only: each import is paid for every file."""
    if media_type == "application/pdf":
        from ai_llm_service.search.extract.pdf import parse_pdf  # noqa: PLC0415

        return parse_pdf
    if media_type == "text/html":
        from ai_llm_service.search.extract.html import parse_html  # noqa: PLC0415

        return lambda file, _: parse_html(file.read())
    from ai_llm_service.search.extract import plain  # noqa: PLC0415

    table = {"text/markdown": plain.parse_markdown, "application/json": plain.parse_json}
    parse = table.get(media_type, plain.parse_plain)
    return lambda file, _: parse(file.read())


def _extract(parser: Parser, name: str) -> Extraction:
    with os.fdopen(0, "rb", closefd=False) as file:
        extraction = parser(file, name)
    if not extraction.text or extraction.text.isspace():
        raise DocumentRejected(f"{name} has no text.")
    return extraction


def _limit(limits: dict[str, int]) -> None:
    memory, cpu = limits["memory_bytes"], limits["cpu_seconds"]
    for what, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CPU, cpu + 1),
        (resource.RLIMIT_FSIZE, limits["output_bytes"]),
        (resource.RLIMIT_AS, memory),
    ):
        # Not every system knows every limit, and none lets us raise one.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (value, value))
    # The soft limit ends the child by a signal of its own, which names the reason.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))


def _leave_network() -> None:
    """Enter a network namespace without a network where that is permitted; refuse sockets."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) != 0:
            libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    sys.addaudithook(_refuse)


def _refuse(event: str, _: object) -> None:
    if event.startswith(REFUSED_EVENTS):
        raise PermissionError(event)


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
