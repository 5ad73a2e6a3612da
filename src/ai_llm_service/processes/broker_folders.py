"""Where the embedded broker keeps its messages, and where it listens."""

import hashlib
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from ai_llm_service.disk import write_whole
from ai_llm_service.errors import InvalidConfiguration

# The kernel's limit for the address of a unix socket, less its final NUL.
MAX_SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103
SOCKET_NAME = "broker.sock"


def broker_folder(data_dir: Path) -> Path:
    """The folder of the broker's messages, log and lock; it is made if need be."""
    folder = data_dir / "broker"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def socket_path(data_dir: Path) -> Path:
    """The broker's socket: the same for every process that uses the data folder.

    A data folder's own path may be too long for a socket, so it lies in a runtime folder. Which one
    depends on the environment of the first process that asks; the others read its note.
    """
    note = broker_folder(data_dir) / "runtime-folder"
    with suppress(OSError, InvalidConfiguration):
        return _private(Path(note.read_text("utf-8"))) / SOCKET_NAME
    folder = _private(_runtime_folder(data_dir))
    write_whole(note, str(folder).encode())
    return folder / SOCKET_NAME


def _runtime_folder(data_dir: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]
    name = f"ai-llm-service-{os.getuid()}-{digest}"
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108
        if not base or not os.access(base, os.W_OK):
            continue
        folder = Path(base).resolve() / name
        if len(os.fsencode(folder / SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES:
            return folder
    raise InvalidConfiguration("TMPDIR is not accepted: give the short path of a writable folder.")


def _private(folder: Path) -> Path:
    """Make the folder for us alone, or raise InvalidConfiguration if it is not ours."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise InvalidConfiguration(
            "TMPDIR is not accepted: the broker's folder in it belongs to another user."
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)
    return folder
