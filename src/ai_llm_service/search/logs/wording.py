"""The words of a question: what stands in quotes, the names of files, and what is left over."""

import re
from collections.abc import Callable, Iterable

# What was taken out leaves this mark, so that no words meet that did not stand together.
MARK = " ¦ "
_QUOTES = (
    re.compile(r'"(?P<text>[^"]+)"'),
    re.compile(r"“(?P<text>[^”]+)”"),
    re.compile(r"`(?P<text>[^`]+)`"),
    re.compile(r"«(?P<text>[^»]+)»"),
    re.compile(r"(?<!\w)'(?P<text>[^']+(?:'\w[^']*)*)'(?!\w)"),
)
_OUTER = re.compile(r'"(?P<text>.+)"', re.DOTALL)
_PHRASE = re.compile(
    r"\b(?:contain(?:s|ing|ed)?|mention(?:s|ing)?|includ(?:e|es|ing)|say(?:s|ing)?|match(?:es|ing)?"
    r"|with the (?:words?|texts?|messages?|strings?|phrases?)) (?:the )?(?:exact )?"
    r"(?:(?:words?|texts?|messages?|strings?|phrases?):? )?"
    r"(?P<text>[^¦]+?)"
    r"(?=\s*(?:\?|¦|$)|[,.]? (?:between|after|before|since|until|from|on|in (?:the|this)) )",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"(?:\bnot\b|\bwithout\b|\bexcept\b|n't)[\w\s]{0,30}$", re.IGNORECASE)
_EITHER = re.compile(r"¦[\s,]*or\b", re.IGNORECASE)
# What stands within the name of a host is no address.
ADDRESS = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\w)")
_PLURAL = re.compile(
    r"\b(?:are|were)\b|\b(?:components|sources|services|loggers|messages|errors|warnings"
    r"|addresses|ips|levels|templates|hours|days|processes|modules)\b"
)
_SINGULAR = re.compile(
    r"\b(?:which|what)(?: is| was)?(?: the)? (?:[\w-]+ ){0,2}"
    r"(?:component|source|service|logger|message|error|warning|address|ip|level|template|hour|minute|day|process|module)\b"
)
_LINES = re.compile(r"\blines?\b")
_TIME = re.compile(
    r"\b(?:when|times?|timestamps?|occurrence|dates?|clock|moment|hour|o'clock|earliest|latest)\b"
)
# Words that hold a question together and ask for nothing of their own.
_PLAIN_WORDS = (
    "a an the this that these those it its there here what whats which who where when how is "
    "are was were be been being do does did has have had having of in on at for from to into "
    "by as with within inside over and or all any every each whole entire complete me us i we "
    "you please tell say give show find know want need would could can should like exactly "
    "exact total totally altogether overall together number count counts counted many much "
    "often times time once log logs logfile file files document documents line lines entry "
    "entries record records message messages text texts string strings phrase word words term "
    "substring contain contains containing contained mention mentions mentioning mentioned "
    "include includes including appear appears appearing appeared occur occurs occurring "
    "occurred occurrence occurrences happen happens happened see seen saw found logged "
    "logging write writes written wrote emit emits emitted produce produced report reported "
    "recorded come comes came stamp stamps timestamp timestamps date clock moment name named "
    "called said says saying read reads present level levels severity component components "
    "source sources ipv4 ip address addresses where's one ones whose then just only event "
    "events kind kinds type types value so far got get gets match matches matching matched "
    "generate generates generated responsible most list print display used use uses using "
    "around made make makes sent send sends"
)
_PLAIN = frozenset(_PLAIN_WORDS.split())
_WORD = re.compile(r"[\w$./@:\-]+")


class Wording:
    """A question that is taken apart: each rule takes out the words that it understands."""

    def __init__(
        self, question: str, file_names: Iterable[str], known: Callable[[str], bool]
    ) -> None:
        """`known` tells whether a text stands in the log."""
        self.rest = f" {question.strip()} "
        self.texts: tuple[str, ...] = ()
        self.without: tuple[str, ...] = ()
        self.is_any = False
        self.addresses: tuple[str, ...] = ()
        self.took: re.Match[str] | None = None
        self._take_quotes(known)
        self.named = self._take_names(file_names)
        self._take_phrase(known)
        self._take_addresses()
        self.rest = self.rest.lower().replace("time stamp", "timestamp")
        is_one = _SINGULAR.search(self.rest) is not None
        self.says_plural = not is_one and _PLURAL.search(self.rest) is not None
        self.says_lines = _LINES.search(self.rest) is not None
        self.asks_time = _TIME.search(self.rest) is not None

    def take(
        self,
        pattern: re.Pattern[str],
        unless: Callable[[re.Match[str]], bool] = lambda _: False,
    ) -> re.Match[str] | None:
        """Take the first match out; it is kept in `took` too."""
        for match in pattern.finditer(self.rest):
            if not unless(match):
                self.rest = self.rest[: match.start()] + MARK + self.rest[match.end() :]
                self.took = match
                return match
        return None

    def take_text(self, text: str) -> None:
        self.rest = self.rest.replace(text.lower(), MARK)

    @property
    def left_over(self) -> list[str]:
        """The stretches of words that nothing was made of."""
        stretches = []
        for part in self.rest.split("¦"):
            found = [match for match in _WORD.finditer(part) if self.tells(match[0])]
            if found:
                stretches.append(part[found[0].start() : found[-1].end()])
        return [stretch.strip(" .,:;?!") for stretch in stretches]

    @staticmethod
    def tells(word: str) -> bool:
        return word.strip(".,:;-/") not in _PLAIN and bool(word.strip(".,:;-/"))

    def _take_quotes(self, known: Callable[[str], bool]) -> None:
        """Quoted texts; quotes within a text are its own if the text stands so in the log."""
        outer = _OUTER.search(self.rest)
        if outer and '"' in outer["text"] and known(outer["text"]):
            self._take_quote(outer)
        for pattern in _QUOTES:
            while match := pattern.search(self.rest):
                self._take_quote(match)
        self.is_any = len(self.texts) > 1 and _EITHER.search(self.rest) is not None

    def _take_quote(self, match: re.Match[str]) -> None:
        before = self.rest[: match.start()]
        if _NEGATED.search(before):
            self.without = (*self.without, match["text"])
            before = _NEGATED.sub("", before)
        else:
            self.texts = (*self.texts, match["text"])
        self.rest = before + MARK + self.rest[match.end() :]

    def _take_phrase(self, known: Callable[[str], bool]) -> None:
        """What follows "contains" without quotes, if it stands so in the log."""
        match = None if self.texts else _PHRASE.search(self.rest)
        if match and (text := match["text"].strip(" .,:;?!")) and known(text):
            self.texts = (text,)
            self.rest = self.rest[: match.start()] + MARK + self.rest[match.end("text") :]

    def _take_names(self, file_names: Iterable[str]) -> tuple[str, ...]:
        """The names of files that stand in the question, the longest first."""
        named = []
        for name in sorted(file_names, key=len, reverse=True):
            place = self.rest.lower().find(name.lower())
            if place >= 0:
                named.append(name)
                self.rest = self.rest[:place] + MARK + self.rest[place + len(name) :]
        return tuple(named)

    def _take_addresses(self) -> None:
        self.addresses = tuple(dict.fromkeys(ADDRESS.findall(self.rest)))
        self.rest = ADDRESS.sub(MARK, self.rest)
