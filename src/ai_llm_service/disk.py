"""Files that are there whole or not at all, also after a power cut."""

import os
from pathlib import Path
from uuid import uuid4


def write_whole(path: Path, content: bytes | bytearray) -> None:
    """Write a file in a folder that is there; what stood in its place stands until then."""
    written = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        written.write_bytes(content)
        move_for_good(written, path)
    except OSError:
        written.unlink(missing_ok=True)
        raise


def move_for_good(written: Path, path: Path) -> None:
    """Move a file within its disk, and return when both its content and its name are kept."""
    with written.open("rb") as file:
        os.fsync(file.fileno())
    written.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
