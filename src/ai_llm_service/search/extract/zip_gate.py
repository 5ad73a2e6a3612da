"""The gate of ZIP files: entries, sizes and ratios are counted before a parser sees one."""

import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from ai_llm_service.errors import DocumentRejected

MEGABYTE = 1024 * 1024
MAX_ENTRIES = 20_000
# What an honest file of any size may unpack to, and what a larger one may be packed by.
FREE_BYTES = 64 * MEGABYTE
MAX_RATIO = 60
MAX_BYTES = 4096 * MEGABYTE
PIECE_BYTES = 1 << 20
IS_ENCRYPTED = 0x1
UNPACK_ERRORS = (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


class GatedZip:
    """An archive that was let in. Its entries are read by name, each only to a bound."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = name
        size = file.seek(0, 2)
        file.seek(0)
        try:
            self._zip = ZipFile(file)
            self._infos = {info.filename: info for info in self._zip.infolist()}
        except (BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise DocumentRejected(f"{name} is damaged or cut off.") from error
        self._left = max(FREE_BYTES, min(size * MAX_RATIO, MAX_BYTES))
        self._admit(self._zip.infolist())

    @property
    def names(self) -> list[str]:
        return list(self._infos)

    def has(self, entry: str) -> bool:
        return entry in self._infos

    def read(self, entry: str) -> bytes:
        """The bytes of an entry, counted as they come, whatever the archive says of its size."""
        if entry not in self._infos:
            raise DocumentRejected(f"{self._name} is incomplete: a part of it is missing.")
        try:
            with self._zip.open(self._infos[entry]) as member:
                return b"".join(self._counted(member))
        except (
            BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            ValueError,
            OSError,
        ) as error:
            raise DocumentRejected(f"{self._name} is damaged: a part can't be unpacked.") from error

    def _counted(self, member: IO[bytes]) -> Iterator[bytes]:
        while piece := member.read(PIECE_BYTES):
            self._left -= len(piece)
            if self._left < 0:
                raise self._bomb()
            yield piece

    def _admit(self, infos: list[ZipInfo]) -> None:
        if len(infos) > MAX_ENTRIES:
            raise DocumentRejected(f"{self._name} holds more than {MAX_ENTRIES:,} entries.")
        if len(infos) != len(self._infos):
            raise DocumentRejected(f"{self._name} holds several entries of one name.")
        if any(info.flag_bits & IS_ENCRYPTED for info in infos):
            raise DocumentRejected(f"{self._name} is encrypted: it opens only with a password.")
        if sum(info.file_size for info in infos) > self._left:
            raise self._bomb()

    def _bomb(self) -> DocumentRejected:
        return DocumentRejected(f"{self._name} unpacks to far more than a file of its size holds.")
