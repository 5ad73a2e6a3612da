"""From bytes to text: which encoding, and which characters a canonical text may hold."""

import codecs
import re
from dataclasses import dataclass

# What western European texts hold beyond ASCII. A guesser takes such a text for cp1250 or worse,
# since its bytes are letters there, too.
_WESTERN = frozenset(
    "àáâãäåæçèéêëíîïñòóôõöøùúûüßÀÁÂÃÄÅÆÇÈÉÊÍÎÑÓÔÕÖØÙÚÜœŒ’‘“”„–—…€£§°·«»©®™¡¿•½\xa0"
)
MAX_WESTERN_SHARE = 0.2
SAMPLE_BYTES = 64 * 1024
# A text of this many good characters beyond ASCII for each bad byte is UTF-8 with a few scars.
GOOD_PER_BAD = 10

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Text of western letters in UTF-16: every second byte is NUL, and hardly any other.
MIN_UTF16_BYTES = 8
LEAST_HIGH_NULS, MOST_LOW_NULS = 0.8, 0.01

# Databases refuse NUL, encoders refuse lone surrogates; other controls only harm a display.
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the encoding that it was read with; a note where that was a guess."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Read by the byte order mark, else as it decodes, else as declared, else as guessed."""
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return Decoded(data[len(mark) :].decode(encoding, "replace"), encoding)
    if bare := bare_utf16(data[:SAMPLE_BYTES]):
        return Decoded(data.decode(bare, "replace"), bare)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        first_bad = error.start
    if scarred := scarred_utf8(data):
        return scarred
    if declared and (known := _known(declared)):
        return Decoded(data.decode(known, "replace"), known)
    guess = guess_encoding(data, first_bad) or "cp1252"
    note = f"The file names no encoding; it was read as {guess}, which is a guess."
    return Decoded(data.decode(guess, "replace"), guess, (note,))


def bare_utf16(sample: bytes) -> str | None:
    """Recognise UTF-16 without a byte order mark by its NULs; as UTF-8 it would decode, too."""
    even, odd = sample[0::2], sample[1::2]
    if len(sample) < MIN_UTF16_BYTES:
        return None
    for high, low, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        is_high = high.count(0) >= LEAST_HIGH_NULS * len(high)
        if is_high and low.count(0) <= MOST_LOW_NULS * len(low):
            return encoding
    return None


def scarred_utf8(data: bytes) -> Decoded | None:
    """Read UTF-8 in spite of a few bad bytes: one must not turn all the others into noise."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    if good < GOOD_PER_BAD * bad:
        return None
    note = f"The file is UTF-8 but for {bad} places, which are shown as \ufffd."
    return Decoded(text, "utf-8", (note,))


def _known(encoding: str) -> str | None:
    try:
        b"a".decode(encoding)
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        return None
    # As browsers do: who declares Latin-1 writes the quotes and dashes of Windows.
    return "cp1252" if name in {"iso8859-1", "ascii"} else name


def guess_encoding(data: bytes, first_bad: int = 0) -> str | None:
    """Guess from the bytes around the first that is not ASCII; None: this is no text."""
    start = max(0, first_bad - SAMPLE_BYTES // 2)
    sample = data[start : start + SAMPLE_BYTES]
    if _is_western(sample):
        return "cp1252"
    # It is rarely needed and takes a third of the start of the parser's process.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(sample).best()
    return best.encoding if best else None


def _is_western(sample: bytes) -> bool:
    beyond = [byte for byte in sample if byte >= 0x80]
    if not beyond or len(beyond) > max(1, MAX_WESTERN_SHARE * len(sample)):
        return False
    letters = set(bytes(set(beyond)).decode("cp1252", "replace"))
    return letters <= _WESTERN


def clean(text: str) -> str:
    """Make it canonical: one kind of newline, no byte order mark, no control characters."""
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _REFUSED.sub(" ", text)
