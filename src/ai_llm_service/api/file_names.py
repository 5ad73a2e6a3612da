"""The name of an uploaded file: a label for people, taken from headers of every make."""

import re
import unicodedata
from urllib.parse import unquote

MAX_CHARACTERS = 255
UNNAMED = "unnamed"

PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))')
ESCAPED = re.compile(r'\\(["\\])')
# Browsers escape these three and nothing else.
BROWSER_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n"}
BROWSER_ESCAPED = re.compile("|".join(BROWSER_ESCAPES), re.IGNORECASE)
# Joiners belong to the spelling of Indic and Persian words.
JOINERS = "\u200c\u200d"


def parameters(header: bytes) -> dict[str, str]:
    """The parameters of a Content-Disposition, by lower-case name, decoded."""
    found: dict[str, str] = {}
    for name, quoted, bare in PARAMETER.findall(header.decode("latin-1")):
        key = name.lower()
        raw = ESCAPED.sub(r"\1", quoted) if quoted else bare.strip()
        found[key] = _extended(raw) if key.endswith("*") else _plain(raw)
    return found


def given_name(found: dict[str, str]) -> str | None:
    """The name that a part gives its file; RFC 5987's form is the more exact one."""
    return found.get("filename*") or found.get("filename")


def to_label(name: str) -> str:
    """The name without what could mislead a reader, and never empty."""
    kept = "".join(character for character in name if _is_shown(character)).strip()
    return kept[:MAX_CHARACTERS].strip() or UNNAMED


def _is_shown(character: str) -> bool:
    if character in JOINERS:
        return True
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _plain(raw: str) -> str:
    text = raw.encode("latin-1").decode("utf-8", errors="replace")
    return BROWSER_ESCAPED.sub(lambda found: BROWSER_ESCAPES[found[0].upper()], text)


def _extended(raw: str) -> str:
    charset, _, rest = raw.partition("'")
    encoding = "latin-1" if charset.lower() == "iso-8859-1" else "utf-8"
    return unquote(rest.partition("'")[2], encoding=encoding, errors="replace")
