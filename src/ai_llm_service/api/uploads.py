"""An upload on its way to a file: counted, hashed and looked at as it arrives."""

import errno
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, BinaryIO
from uuid import uuid4

import anyio
from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from ai_llm_service.api.bodies import body_pieces
from ai_llm_service.api.dependencies import IdempotencyKey, Parts, Tenant
from ai_llm_service.api.file_names import to_label
from ai_llm_service.api.filter_body import METADATA_FIELD, read_metadata
from ai_llm_service.api.multipart import FormReader
from ai_llm_service.api.parts import ApiParts
from ai_llm_service.api.webhook_body import read_form_field
from ai_llm_service.domain import FileSearchName
from ai_llm_service.errors import DiskFull, FileTooLarge, InvalidRequest
from ai_llm_service.search.extract.sniff import refuse_early, sniff
from ai_llm_service.store.deliveries import Endpoint
from ai_llm_service.usecases.session_values import UNCHANGED, IncomingFile, SessionChoice

PIECE_BYTES = 1 << 20
HEAD_BYTES = 64 << 10
# What a form may hold beside its file.
FORM_BYTES = 1 << 20
NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that arrived whole."""

    file: IncomingFile
    session_id: str | None
    endpoint: Endpoint | None = None
    choice: SessionChoice = UNCHANGED


async def receive_upload(
    request: Request, parts: Parts, _tenant: Tenant, _key: IdempotencyKey
) -> AsyncIterator[Upload]:
    """Read the form; whatever happens then, nothing stays in the folder for incoming files.

    It asks for the tenant, so that nobody without a key gets to send a file.
    """
    file = ArrivingFile(parts.incoming_dir / uuid4().hex, parts.max_file_bytes)
    form = FormReader(request.headers.get("content-type"), file)
    try:
        await _read(request, form, parts.max_file_bytes)
        yield await run_in_threadpool(_finish, form, file, parts)
    finally:
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(file.discard)


ReceivedUpload = Annotated[Upload, Depends(receive_upload, scope="function")]


async def _read(request: Request, form: FormReader, max_file_bytes: int) -> None:
    # Parsing, hashing and writing happen in a thread, so that the loop stays free for others.
    left = max_file_bytes + FORM_BYTES
    if int(request.headers.get("content-length", "0")) > left:
        raise _too_large(max_file_bytes)
    waiting = bytearray()
    async for piece in body_pieces(request):
        left -= len(piece)
        if left < 0:
            raise _too_large(max_file_bytes)
        waiting += piece
        if len(waiting) >= PIECE_BYTES:
            await run_in_threadpool(form.feed, bytes(waiting))
            waiting.clear()
    await run_in_threadpool(form.feed, bytes(waiting))


def _finish(form: FormReader, file: "ArrivingFile", parts: ApiParts) -> Upload:
    form.finish()
    endpoint = read_form_field(form.field("webhook_config"), parts)
    metadata = read_metadata(form.field(METADATA_FIELD))
    kept = replace(file.finish(form.field("filename")), metadata=metadata)
    choice = _choice(form.field("model"), form.field("file_search"), parts)
    return Upload(kept, form.field("session_id"), endpoint, choice)


def _choice(model: str | None, file_search: str | None, parts: ApiParts) -> SessionChoice:
    """Who serves the session from now on; an empty field is none."""
    if model:
        parts.models.ensure_accepted(model)
    accepted = sorted(parts.file_searches)
    if file_search and file_search not in accepted:
        raise InvalidRequest(
            f"This service has {' and '.join(accepted)} for its file search.", field="file_search"
        )
    return SessionChoice(model or None, FileSearchName(file_search) if file_search else None)


class ArrivingFile:
    """A file in the making, under a name of ours."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._handle: BinaryIO | None = None
        self._given_name = ""
        self._size_bytes = 0
        self._head = b""
        self._hash = hashlib.sha256()

    def begin(self, name: str) -> None:
        self._given_name = name
        with _disk_errors():
            self._path.touch(mode=0o600, exist_ok=False)
            self._handle = self._path.open("wb")

    def write(self, piece: bytes) -> None:
        self._size_bytes += len(piece)
        if self._size_bytes > self._max_bytes:
            raise _too_large(self._max_bytes)
        self._look_at(piece)
        self._hash.update(piece)
        with _disk_errors():
            self._open_handle().write(piece)

    def finish(self, name: str | None) -> IncomingFile:
        """The file as it now lies on the disk, safe from a crash; `name` goes before its part's."""
        if self._size_bytes == 0:
            raise InvalidRequest("The file is empty: it has 0 bytes.", field="file")
        label = to_label(name or self._given_name)
        with _disk_errors(), self._open_handle() as handle:
            handle.flush()
            with self._path.open("rb") as written:
                media_type = sniff(self._head, label, written)
            os.fsync(handle.fileno())
        return IncomingFile(
            path=self._path,
            name=label,
            size_bytes=self._size_bytes,
            sha256=self._hash.hexdigest(),
            media_type=media_type,
        )

    def discard(self) -> None:
        """Remove what is still there."""
        if self._handle is None:
            return
        # A full disk makes even the close fail, and the file must go all the same.
        with suppress(OSError):
            self._handle.close()
        self._path.unlink(missing_ok=True)

    def _look_at(self, piece: bytes) -> None:
        """Refuse a type as soon as its head is known, before the rest is kept."""
        missing = HEAD_BYTES - len(self._head)
        if missing <= 0:
            return
        self._head += piece[:missing]
        if len(self._head) == HEAD_BYTES:
            refuse_early(self._head, to_label(self._given_name))

    def _open_handle(self) -> BinaryIO:
        if self._handle is None:
            raise InvalidRequest("The form has no part with the name 'file'.", field="file")
        return self._handle


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            raise DiskFull from error
        raise


def _too_large(max_bytes: int) -> FileTooLarge:
    mebibytes = f" ({max_bytes / (1 << 20):g} MiB)" if max_bytes >= 1 << 20 else ""
    return FileTooLarge(
        f"The file is larger than this service accepts: the limit is {max_bytes} bytes{mebibytes}."
    )
