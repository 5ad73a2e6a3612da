"""A lock on a file, held by one process and gone with it, however it ends."""

import fcntl
import os
import weakref
from pathlib import Path
from typing import IO


class FileLock:
    """Held from `acquire` to `release`; the file then holds the owner's process id."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody has it."""
        file = self._path.open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        _held.add(self)
        return True

    def owner(self) -> str:
        """The process id of the last that took the lock."""
        return self._path.read_text("ascii").strip() or "unknown"

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


_held: weakref.WeakSet[FileLock] = weakref.WeakSet()


def _let_go_in_child() -> None:
    # A forked worker process would otherwise keep the lock of a parent that was killed.
    for lock in tuple(_held):
        lock.release()


os.register_at_fork(after_in_child=_let_go_in_child)
