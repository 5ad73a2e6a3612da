"""The bytes of uploaded files in a folder. A client's name is never part of a path."""

import shutil
from pathlib import Path
from uuid import UUID

from ai_llm_service.disk import move_for_good
from ai_llm_service.errors import DiskFull, DocumentNotFound

NO_SPACE = {28, 122}  # ENOSPC and EDQUOT


class FileStore:
    """Files under `root/<tenant>/<document id>`, durable when `keep` returns."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.incoming = root / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, received: Path, document_id: str) -> None:
        """Move a received file, which lies in `incoming`, to its place, for good."""
        target = self.path(document_id)
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            move_for_good(received, target)
        except OSError as error:
            if error.errno in NO_SPACE:
                raise DiskFull from error
            raise

    def path(self, document_id: str) -> Path:
        """Where a document's bytes lie."""
        name = str(UUID(document_id))
        return self._root / name[:2] / name

    def existing(self, document_id: str) -> Path:
        """The path of bytes that are there, or DocumentNotFound."""
        path = self.path(document_id)
        if not path.is_file():
            raise DocumentNotFound
        return path

    def derived(self, document_id: str) -> Path:
        """Return the folder of what is made from a document's bytes and can be made again."""
        return self._root / "derived" / str(UUID(document_id))

    def remove(self, document_id: str) -> bool:
        """Remove the bytes and what was made from them; whether there were bytes."""
        shutil.rmtree(self.derived(document_id), ignore_errors=True)
        try:
            self.path(document_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def has(self, document_id: str) -> bool:
        return self.path(document_id).is_file()

    def older_than(self, moment: float) -> list[Path]:
        """Files and folders, each named by its document's id, that were written before a time."""
        paths = [*self._root.glob("[0-9a-f][0-9a-f]/*"), *self._root.glob("derived/*")]
        return [path for path in paths if _is_older(path, moment)]

    def leftovers(self, moment: float) -> list[Path]:
        """Uploads that began to arrive before a time and never became a document."""
        return [path for path in self.incoming.iterdir() if _is_older(path, moment)]

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._root).free


def _is_older(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime < moment
    except FileNotFoundError:
        return False
