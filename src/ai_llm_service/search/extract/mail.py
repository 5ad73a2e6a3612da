"""The parser of mails: the words of the head that readers look at, the text, the attachments."""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import Message
from io import BytesIO

from ai_llm_service.domain import Extraction, Section, SectionKind
from ai_llm_service.errors import DocumentRejected, UnsupportedFileType
from ai_llm_service.search.extract.decode import clean, decode
from ai_llm_service.search.extract.html import decode_html, write_html
from ai_llm_service.search.extract.registry import parser_of
from ai_llm_service.search.extract.sniff import sniff
from ai_llm_service.search.extract.source import Source
from ai_llm_service.search.extract.writer import TextWriter

HEADERS = ("From", "To", "Cc", "Date", "Subject")
MAX_HEADER_CHARACTERS = 2000
MAX_DEPTH = 4
MAX_PARTS = 2000
MAX_ATTACHMENTS = 100
MAX_ATTACHMENT_NOTES = 20
PART_BREAK = "\n\n"


def parse_mail(source: Source) -> Extraction:
    """Read the mail and each attachment that can be read; each is a part."""
    message = message_from_bytes(source.file.read())
    mail = _Mail(source)
    mail.add("message", Extraction(f"{_head(message)}\n\n{mail.body_of(message)}".strip()))
    for number, (name, data) in enumerate(mail.attachments, 1):
        mail.attach(name, data)
        source.told(number, len(mail.attachments))
    return mail.extraction()


class _Mail:
    """The text of a mail as far as it is written."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._pieces: list[str] = []
        self._length = 0
        self._sections: list[Section] = []
        self._notes: list[str] = []
        self.attachments: list[tuple[str, bytes]] = []

    def body_of(self, message: Message) -> str:
        """The readable parts of a mail; what is attached is set aside."""
        texts: list[str] = []
        for part in _leaves(message, self._source.name):
            name = _name(part)
            if name or part.get_content_disposition() == "attachment":
                self._set_aside(name or "attachment", part)
            elif text := self._readable(part):
                texts.append(text)
        return PART_BREAK.join(texts)

    def attach(self, name: str, data: bytes) -> None:
        """Read an attachment as if it were a file of its own; one that can't be is told."""
        if self._source.depth == MAX_DEPTH:
            self._note(f"Attached too deep to be read: {name}.")
            return
        try:
            media_type = sniff(data, name, BytesIO(data))
            inner = replace(
                self._source,
                file=BytesIO(data),
                name=name,
                media_type=media_type,
                depth=self._source.depth + 1,
            )
            self.add(name, parser_of(media_type)(inner))
        except (DocumentRejected, UnsupportedFileType) as error:
            self._note(f"Attached, but not read: {error.message}")

    def add(self, name: str, read: Extraction) -> None:
        if not read.text.strip():
            self._note(f"Attached, but without text: {name}.")
            return
        title = f"{PART_BREAK}Attachment: {name}\n\n" if self._pieces else ""
        at = self._length + len(title)
        self._pieces += [title, read.text]
        self._length = at + len(read.text)
        self._sections.append(Section(SectionKind.PART, name, at, self._length))
        self._sections += [
            replace(section, start=at + section.start, end=at + section.end)
            for section in read.sections
        ]
        for note in read.notes:
            self._note(f"{name}: {note}")

    def extraction(self) -> Extraction:
        return Extraction("".join(self._pieces), tuple(self._sections), None, tuple(self._notes))

    def _note(self, note: str) -> None:
        if len(self._notes) < MAX_ATTACHMENT_NOTES:
            self._notes.append(note)

    def _set_aside(self, name: str, part: Message) -> None:
        if len(self.attachments) == MAX_ATTACHMENTS:
            self._note(f"Attachments after the first {MAX_ATTACHMENTS} were not read.")
        if len(self.attachments) <= MAX_ATTACHMENTS:
            self.attachments.append((name, _bytes(part)))

    def _readable(self, part: Message) -> str:
        kind = part.get_content_type()
        if kind == "text/html":
            writer = TextWriter()
            write_html(decode_html(_bytes(part)).text, writer, self._source.name)
            return writer.text().strip()
        if part.get_content_maintype() != "text":
            return ""
        return clean(decode(_bytes(part), part.get_content_charset()).text).strip()


def _leaves(message: Message, name: str) -> Iterator[Message]:
    """Take the parts that hold content; of alternatives the plainest that can be read."""
    waiting = [message]
    count = 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count > MAX_PARTS:
            raise DocumentRejected(f"{name} has more than {MAX_PARTS:,} parts.")
        inner = part.get_payload()
        is_mail = part.get_content_type() == "message/rfc822"
        if not isinstance(inner, list) or (is_mail and part is not message):
            yield part
            continue
        parts = [each for each in inner if isinstance(each, Message)]
        if part.get_content_subtype() == "alternative":
            plain = [each for each in parts if each.get_content_type() == "text/plain"]
            parts = plain[:1] or parts[-1:]
        waiting += reversed(parts)


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload
    inner = part.get_payload()
    mail = inner[0] if isinstance(inner, list) and inner else None
    return mail.as_bytes() if isinstance(mail, Message) else b""


def _name(part: Message) -> str:
    try:
        name = part.get_filename()
    except (MessageError, LookupError, ValueError):
        return "attachment"
    if not name:
        return "message.eml" if part.get_content_type() == "message/rfc822" else ""
    return _decoded(name)[:255]


def _head(message: Message) -> str:
    lines = [(name, message.get(name)) for name in HEADERS]
    return "\n".join(f"{name}: {_decoded(str(value))}" for name, value in lines if value)


def _decoded(value: str) -> str:
    """A header in readable letters, on one line."""
    try:
        readable = str(make_header(decode_header(value[:MAX_HEADER_CHARACTERS])))
    except (HeaderParseError, LookupError, ValueError):
        readable = value[:MAX_HEADER_CHARACTERS]
    return " ".join(clean(readable).split())
