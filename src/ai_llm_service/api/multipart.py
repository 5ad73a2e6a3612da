"""A multipart form read as it arrives: small fields are kept, the file goes to its writer."""

from collections.abc import Callable
from typing import Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from ai_llm_service.api.file_names import given_name, parameters
from ai_llm_service.errors import InvalidRequest

FILE = "file"
FIELDS = {"file_search", "filename", "metadata", "model", "session_id", "webhook_config"}
MAX_FIELD_BYTES = 64 << 10
MAX_HEADER_BYTES = 64 << 10
MAX_HEADERS = 16
MAX_PARTS = 100
MAX_PREAMBLE_BYTES = 64 << 10
UNREADABLE = "The body is not a readable multipart form."


class FileWriter(Protocol):
    """Where the bytes of the file go."""

    def begin(self, name: str) -> None:
        """The file starts, with the name that its part gives."""
        ...

    def write(self, piece: bytes) -> None:
        """More of the file, or the ServiceError for which it is refused."""
        ...


class FormReader:
    """Reads one form piece by piece and holds what its fields say."""

    def __init__(self, content_type: str | None, file: FileWriter) -> None:
        self._fields: dict[str, bytearray] = {}
        self._file = file
        self._has_file = False
        self._ended = False
        self._parts = 0
        self._headers: dict[bytes, bytes] = {}
        self._header_name = b""
        self._header_value = b""
        self._take: Callable[[bytes], None] = _ignore
        boundary = _boundary(content_type)
        self._preamble: _Preamble | None = _Preamble(boundary)
        self._parser = self._start_parser(boundary)

    def feed(self, piece: bytes) -> None:
        """Take in the next piece of the body."""
        if self._preamble is not None:
            piece = self._preamble.skip(piece)
            if not piece:
                return
            self._preamble = None
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise InvalidRequest(UNREADABLE) from error

    def finish(self) -> None:
        """Check that the form arrived whole, with its file."""
        if self._preamble is not None and self._preamble.began:
            raise InvalidRequest(UNREADABLE)
        if not self._ended:
            raise InvalidRequest("The form is cut off: its closing boundary is missing.")
        if not self._has_file:
            raise InvalidRequest("The form has no part with the name 'file'.", field=FILE)

    def field(self, name: str) -> str | None:
        """What a field says; None when it is absent or empty."""
        value = bytes(self._fields.get(name, b"")).decode("utf-8", errors="replace")
        return value.replace("\0", "").strip() or None

    def _start_parser(self, boundary: bytes) -> MultipartParser:
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part,
                    "on_header_field": self._on_header_name,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers,
                    "on_part_data": self._on_data,
                    "on_end": self._on_end,
                },
                max_header_count=MAX_HEADERS,
                max_header_size=MAX_HEADER_BYTES,
            )
        except FormParserError as error:
            raise InvalidRequest("The boundary of the form is too long.") from error

    def _on_part(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise InvalidRequest(f"The form has more than {MAX_PARTS} parts.")
        self._headers = {}

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers(self) -> None:
        found = parameters(self._headers.get(b"content-disposition", b""))
        name = found.get("name")
        if name == FILE:
            self._begin_file(given_name(found) or "")
        elif name in FIELDS:
            self._begin_field(name)
        else:
            self._take = _ignore

    def _begin_file(self, given: str) -> None:
        if self._has_file:
            raise InvalidRequest("Send one file at a time: 'file' stands twice.", field=FILE)
        self._has_file = True
        self._file.begin(given)
        self._take = self._file.write

    def _begin_field(self, name: str) -> None:
        value = self._fields[name] = bytearray()

        def take(piece: bytes) -> None:
            if len(value) + len(piece) > MAX_FIELD_BYTES:
                raise _too_large(name)
            value.extend(piece)

        self._take = take

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._take(data[start:end])

    def _on_end(self) -> None:
        self._ended = True


class _Preamble:
    """What may stand before the first boundary, where old mail programs explained themselves."""

    def __init__(self, boundary: bytes) -> None:
        self._mark = b"\n--" + boundary
        self._seen = b"\n"
        self._left = MAX_PREAMBLE_BYTES

    @property
    def began(self) -> bool:
        """Whether anything came."""
        return self._left < MAX_PREAMBLE_BYTES

    def skip(self, piece: bytes) -> bytes:
        """The form from its first boundary on; nothing while that has not come."""
        self._seen += piece
        found = self._seen.find(self._mark)
        if found >= 0:
            return self._seen[found + 1 :]
        self._left -= len(piece)
        if self._left < 0:
            raise InvalidRequest(UNREADABLE)
        self._seen = self._seen[-len(self._mark) :]
        return b""


def _too_large(name: str) -> InvalidRequest:
    return InvalidRequest(f"The field {name!r} is larger than {MAX_FIELD_BYTES} bytes.", field=name)


def _boundary(content_type: str | None) -> bytes:
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise InvalidRequest(
            "The body is not a multipart form.",
            hint="Send the file as multipart/form-data in a part with the name 'file'.",
        )
    return boundary


def _ignore(_piece: bytes) -> None:
    """Fields that nobody knows are read and forgotten."""
