"""From a generation to an answer: what it cites is checked, what is not in the files is said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ai_llm_service.domain import (
    Answer,
    CitationStyle,
    Coverage,
    Extraction,
    Generation,
    Method,
    Passage,
    Query,
)
from ai_llm_service.providers.base import NOT_FOUND, ChatModel, Prompt, Similarity
from ai_llm_service.search.cite import Cited, cite, cite_marked, with_list
from ai_llm_service.search.marked import without_sentences
from ai_llm_service.search.opened import told
from ai_llm_service.search.part_prompts import again_prompt
from ai_llm_service.search.prompt import count_tokens
from ai_llm_service.text.patterns import Pattern

NOTHING_FOUND = "The documents do not hold the answer."
NOTHING_VERIFIED = "No sentence of the answer could be verified in the documents."
_MARKER = Pattern(rf"\A[\s\W]*{NOT_FOUND}\b[\s:.,;*\])\-–—]*")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model wrote, from which prompt; marks number the passages from 1."""

    generation: Generation
    prompt: Prompt
    passages: Sequence[Passage]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a draft is checked with."""

    texts: dict[str, Extraction]
    model: ChatModel
    left: Callable[[], float]
    similarity: Similarity | None = None


def to_answer(query: Query, draft: Draft, desk: Desk) -> Answer:
    """The checked answer, not yet rendered; where it must be verified, after a second try."""
    text, found = _parted(draft.generation.text)
    cited = _cite(text, query, draft, desk)
    dropped: tuple[str, ...] = ()
    if query.options.require_verified and cited.unsupported and found:
        draft, cited = _asked_again(query, draft, cited, desk)
        dropped = cited.unsupported
        if dropped:
            cited = _without(cited, query, draft, desk)
    generation = draft.generation
    return Answer(
        query=query.text,
        text=_said(cited, query, dropped),
        method=Method.LOOKUP,
        model=generation.model,
        citations=cited.citations,
        coverage=Coverage(0, 0),
        usage=generation.usage,
        truncated=generation.truncated,
        found=found and bool(cited.text.strip()),
        unsupported=cited.unsupported if found else (),
        dropped=dropped,
    )


def rendered(answer: Answer, query: Query) -> Answer:
    """With what could not be read, and the list of the cited files as the caller wants it."""
    if query.options.response_schema is not None:
        return answer
    missing = answer.missing_documents
    note = f"\n\nNot read: {told(missing)}." if missing else ""
    text = answer.text + note
    match query.options.citations:
        case CitationStyle.INLINE:
            return replace(answer, text=with_list(text, answer.citations))
        case CitationStyle.SEPARATE:
            return replace(answer, text=text)
        case CitationStyle.NONE:
            return replace(answer, text=text, citations=())


def _parted(text: str) -> tuple[str, bool]:
    """The text without the word that says that nothing was found, and whether something was."""
    marker = _MARKER.match(text)
    if marker is None:
        return text, True
    return text[marker.end() :].strip() or NOTHING_FOUND, False


def _cite(text: str, query: Query, draft: Draft, desk: Desk) -> Cited:
    return cite(text, query.text, draft.passages, desk.texts, desk.similarity)


def _asked_again(query: Query, draft: Draft, cited: Cited, desk: Desk) -> tuple[Draft, Cited]:
    """A second try, with the unsupported sentences named; the first one where it is no better."""
    prompt = again_prompt(draft.prompt, draft.generation.text, cited.unsupported)
    if count_tokens(prompt.messages) > desk.model.context_tokens:
        return draft, cited
    second = desk.model.generate(prompt, desk.left())
    usage = draft.generation.usage + second.usage
    text, found = _parted(second.text)
    new = _cite(text, query, draft, desk)
    is_better = found and text.strip() and len(new.unsupported) <= len(cited.unsupported)
    kept = replace(second if is_better else draft.generation, usage=usage)
    return Draft(kept, draft.prompt, draft.passages), new if is_better else cited


def _without(cited: Cited, query: Query, draft: Draft, desk: Desk) -> Cited:
    """The text without the sentences that nothing supports."""
    kept = without_sentences(cited.marked, cited.unsupported)
    return cite_marked(kept, query.text, draft.passages, desk.texts, desk.similarity)


def _said(cited: Cited, query: Query, dropped: Sequence[str]) -> str:
    """The text as the caller wants it, with the number of sentences that were taken out."""
    inline = query.options.citations is CitationStyle.INLINE
    text = (cited.text if inline else cited.marked.text).strip() if dropped else cited.text
    if not dropped:
        return text if inline else cited.marked.text
    number = "1 sentence" if len(dropped) == 1 else f"{len(dropped)} sentences"
    note = f"Left out, because no passage supports it: {number}."
    return f"{text or NOTHING_VERIFIED}\n\n{note}"
