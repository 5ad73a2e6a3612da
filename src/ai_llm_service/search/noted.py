"""Support by the note of a passage: what was computed about its lines, besides what they say."""

from ai_llm_service.domain import Passage
from ai_llm_service.providers.base import Similarity
from ai_llm_service.search.verify import (
    Claim,
    PassageText,
    Support,
    find_support,
)

# A statement about a stack trace rests on one of its first lines, or on its last.
MAX_LINES = 8


def support_by_note(
    claim: Claim, passage: Passage, similarity: Similarity | None = None
) -> Support | None:
    """The line that supports a claim together with the note; None where none does."""
    # A quoted bracket is escaped where it could be read as a mark.
    note, said = " ".join(passage.note.split()), " ".join(claim.text.split()).replace("\\[", "[")
    place = said.lower().find(note.lower())
    if place >= 0:
        said = said.replace(said[place : place + len(note)], "")
        said = said.replace(" ".join(passage.document_name.split()), "").strip(" -•:;")
        if not Claim(said).items:
            return Support(0, len(passage.chunk.text.split("\n")[0]), 1.0, is_verified=True)
        rest = find_support(Claim(said), PassageText(passage.chunk.text), similarity)
        if rest and rest.is_verified:
            return rest
    # One sentence, in which each number stands free.
    told = note.replace(". ", " - ").replace("; ", " - ")
    start = 0
    for number, line in enumerate(passage.chunk.text.split("\n")):
        end = start + len(line)
        text = f"{told}: {line}"
        found = find_support(claim, PassageText(text), similarity) if number < MAX_LINES else None
        if found and found.is_verified and line.strip():
            return Support(start, end, found.score, is_verified=True, said=found.said)
        start = end + 1
    return None
