"""Secrets in a log, hidden with as many stars: places and line numbers stay what they were."""

import re
from collections.abc import Iterator, Sequence

_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\n?([\s\S]{1,8000}?)-----END (?:[A-Z]+ )*PRIVATE KEY"
)
_PEM = "-----BEGIN "
# A line without any of these has no secret: most of a log is passed over at the speed of a find.
_NAME_SIGNS = (
    *(
        "pass",
        "Pass",
        "PASS",
        "pwd",
        "Pwd",
        "PWD",
        "secret",
        "Secret",
        "SECRET",
        "key",
        "Key",
        "KEY",
    ),
    *("token", "Token", "TOKEN", "redential", "REDENTIAL", "sig"),
)
_VALUE_SIGNS = (
    *("Bearer ", "bearer ", "BEARER ", "Basic ", "basic ", "eyJ", "AKIA", "ASIA", "AROA", "AIDA"),
    *("sk-", "sk_", "pk_", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"),
    *("xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "AIza", "ya29.", "hf_", "npm_", "SG.", "dapi"),
)
# After its name comes what it is set to; or the name is an option of a command.
_SET = re.compile(r"""[\w\-]{0,24}["']?\s{0,3}[=:]""")
_PASSWORD_OF_URL = re.compile(r"[^\s:/@'\"]{0,80}:[^\s/@'\"]{1,200}@")
_NAMES = (
    r"pass(?:word|wd|phrase)|pwd|secret(?:[_-]?(?:access)?[_-]?key)?|client[_-]?secret"
    r"|api[_-]?key|apikey|access[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token"
    r"|id[_-]?token|session[_-]?token|token|private[_-]?key|account[_-]?key|encryption[_-]?key"
    r"|credentials?|sas[_-]?token|sig"
)
# What programs write in the place of a secret, or about one: nothing to hide.
_HARMLESS = (
    r"(?:null|none|nil|true|false|undefined|empty|\*+|x+|<[^>]*>|\{+[^}]*\}+|\$[{(\w][^\s]*"
    r"|\[?(?:redacted|masked|filtered|hidden|removed)\]?)(?![\w\-])"
)
_SECRET = re.compile(
    rf"""://[^\s:/@'"]{{0,80}}:(?P<url>[^\s/@'"]{{1,200}})@
    | \b(?P<jwt>eyJ[\w\-]{{8,}}\.eyJ[\w\-]{{8,}}\.[\w\-]*)
    | \b(?P<aws>(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{{16}})\b
    | \b(?P<vendor>(?:sk|pk|rk)[-_](?:live|test|proj|ant|svcacct)?[-_]?[A-Za-z0-9_\-]{{16,}}
      | gh[pousr]_[A-Za-z0-9]{{20,}} | github_pat_\w{{20,}} | glpat-[\w\-]{{16,}}
      | xox[abprs]-[\w\-]{{10,}} | AIza[\w\-]{{30,}} | ya29\.[\w\-]{{20,}} | hf_[A-Za-z0-9]{{20,}}
      | npm_[A-Za-z0-9]{{30,}} | SG\.[\w\-]{{16,}}\.[\w\-]{{16,}} | dapi[a-f0-9]{{32}})
    | \b(?i:bearer|basic)\ +(?P<bearer>[A-Za-z0-9+/_\-.~=]{{12,}})
    | (?i:{_NAMES})["']?\s*(?:=>|[=:])\s*(?!(?i:["']?{_HARMLESS}))
      (?: "(?P<double>(?:[^"\\\n]|\\.){{4,}})" | '(?P<single>[^'\n]{{4,}})'
        | (?P<bare>(?![({{\[])[^\s,;&"'<>(){{}}\[\]]{{4,}}) )
    | \ --?(?i:pass(?:word)?|token|api-?key|secret)\ +(?P<flag>[^\s\-]\S{{3,}})
    """,
    re.VERBOSE,
)
# A name alone tells no secret: `token: expired`, `password: required`.
_WORD = re.compile(r"[a-z]+|[A-Z][a-z]+|[A-Z]+")
_TOLD = re.compile(r":\s+$")
_STRONG_NAME = re.compile(r"(?i:pass|pwd|secret)")
_ABOUT = (
    "expired invalid missing required wrong incorrect failed accepted rejected refused valid"
    " authentication user for from must not provided empty unknown changed reset updated"
)
_WORDS_ABOUT = frozenset(_ABOUT.split())


def secret_spans(text: str) -> list[tuple[int, int]]:
    """Where secrets stand, in order."""
    spans = [match.span(1) for match in _private_keys(text)]
    for start in sorted(_suspects(text)):
        end = text.find("\n", start)
        line = text[start : len(text) if end < 0 else end]
        spans += [(start + first, start + last) for first, last in _of_line(line)]
    return _apart(sorted(spans))


def _private_keys(text: str) -> Iterator[re.Match[str]]:
    return _PRIVATE_KEY.finditer(text) if _PEM in text else iter(())


def _suspects(text: str) -> set[int]:
    """The beginnings of the lines that are worth a closer look."""
    places = [
        *(place for sign in _NAME_SIGNS for place in _set_names(text, sign)),
        *(place for sign in _VALUE_SIGNS for place in _places(text, sign) if _begins(text, place)),
        *(place for place in _places(text, "://") if _PASSWORD_OF_URL.match(text, place + 3)),
    ]
    return {text.rfind("\n", 0, place) + 1 for place in places}


def _set_names(text: str, sign: str) -> Iterator[int]:
    is_set, length = _SET.match, len(sign)
    return (
        place
        for place in _places(text, sign)
        if is_set(text, place + length) or text.find("--", max(place - 9, 0), place) >= 0
    )


def _places(text: str, sign: str) -> Iterator[int]:
    place = text.find(sign)
    while place >= 0:
        yield place
        place = text.find(sign, place + len(sign))


def _begins(text: str, place: int) -> bool:
    """Whether a word begins there."""
    return not place or not text[place - 1].isalnum()


def _of_line(line: str) -> Iterator[tuple[int, int]]:
    for match in _SECRET.finditer(line):
        kind = match.lastgroup or ""
        if kind != "bare" or not _is_plain_word(match):
            yield match.span(kind)


def _apart(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without those that lie in one before."""
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def hide_secrets(text: str) -> tuple[str, int]:
    """The text with its secrets as stars, of the same length, and how many there were."""
    parts: list[str] = []
    read_to = count = 0
    for start, end in secret_spans(text):
        parts += (text[read_to:start], _stars(text[start:end]))
        read_to, count = end, count + 1
    return ("".join([*parts, text[read_to:]]), count) if count else (text, 0)


def _stars(secret: str) -> str:
    return "\n".join("*" * len(line) for line in secret.split("\n"))


def _is_plain_word(match: re.Match[str]) -> bool:
    """Whether it reads as a word about the secret; a password may be a word, a token is none."""
    value = match["bare"].rstrip(".")
    if value.lower() in _WORDS_ABOUT or set(value) <= set("*xX.…"):
        return True
    is_told = _TOLD.search(match[0][: -len(match["bare"])]) is not None
    is_word = _WORD.fullmatch(value) is not None and (is_told or len(value) < 6)
    is_number = value.isdigit() and len(value) < 6
    return (is_word or is_number) and not _STRONG_NAME.match(match[0])
