"""Words of a question that a table spells another way: slips, and peoples for countries."""

import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from ai_llm_service.search.tables.rules.grid import Grid
from ai_llm_service.search.tables.rules.words import GENERIC, STOP, Word, fold, stem

LEAST_CHARACTERS = 5
_CAPITALS = re.compile(r"\b[A-Z]{2,}\b")
LEAST_LIKENESS = 0.84
MOST_KNOWN = 5000

_PEOPLES = """
american:usa,united,us,america  british:great,britain,uk,gbr  english:england,eng
german:germany,ger
french:france,fra  italian:italy,ita  spanish:spain,esp  spaniard:spain,esp  russian:russia,rus
chinese:china,chn  japanese:japan,jpn  indian:india,ind  australian:australia,aus
canadian:canada,can  brazilian:brazil,bra  dutch:netherlands,ned  swedish:sweden,swe  swede:sweden
norwegian:norway,nor  danish:denmark,den  dane:denmark,den  finnish:finland,fin  finn:finland,fin
polish:poland,pol  irish:ireland,irl  scottish:scotland,sco  welsh:wales,wal  belgian:belgium,bel
swiss:switzerland,sui  austrian:austria,aut  hungarian:hungary,hun  romanian:romania,rom
greek:greece,gre  turkish:turkey,tur  mexican:mexico,mex  kenyan:kenya,ken  ethiopian:ethiopia
korean:korea,kor  portuguese:portugal,por  czech:czech,cze  ukrainian:ukraine,ukr  cuban:cuba,cub
democrat:democratic,dem  republican:republican,rep
"""
PEOPLES: dict[str, tuple[str, ...]] = {
    stem(name): tuple(stem(other) for other in others.split(","))
    for name, _, others in (entry.partition(":") for entry in _PEOPLES.split())
}


def capitals(text: str, grid: Grid) -> frozenset[str]:
    """Find words in capitals that are cells, though in small letters they tell nothing: IT, US."""
    if text.upper() == text:
        return frozenset()
    found = {word for word in _CAPITALS.findall(text) if word.lower() in STOP | GENERIC}
    small = set(re.findall(r"\w+", text))
    found = {word for word in found if word.lower() not in small}
    return frozenset(
        word.lower() for word in found if any(word in column.cells for column in grid.columns)
    )


def names(text: str) -> frozenset[str]:
    """Find the words that are written as names, where not all words are."""
    words = re.findall(r"[^\W\d_]+", text)
    large = [word for word in words[1:] if word[0].isupper()]
    if len(large) > len(words) / 2:
        return frozenset()
    return frozenset(fold(word) for word in large)


def respelled(words: tuple[Word, ...], known: Iterable[str]) -> tuple[Word, ...]:
    """Write the words that the table does not know as it most likely writes them."""
    vocabulary = set(known)
    return tuple(_respelled(word, vocabulary) for word in words)


def _respelled(word: Word, known: set[str]) -> Word:
    if word.stem in known or word.value is not None or word.text in STOP | GENERIC:
        return word
    for other in PEOPLES.get(word.stem, ()):
        if other in known:
            return replace(word, stem=other)
    if len(word.stem) < LEAST_CHARACTERS or len(known) > MOST_KNOWN:
        return word
    near = [name for name in known if name[:1] == word.stem[:1] and len(name) >= LEAST_CHARACTERS]
    found = get_close_matches(word.stem, near, 1, LEAST_LIKENESS)
    return replace(word, stem=found[0]) if found else word
