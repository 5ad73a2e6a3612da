"""What the digest of a log says, without a model: its notes, each with its line."""

from collections.abc import Callable, Sequence

from ai_llm_service.domain import Passage
from ai_llm_service.text.questions import asks_for_summary

# By their weight: what failed, what repeated, and what helps a model but not a reader.
FAILED, REPEATED = 0.7, 0.5
MAX_FAILED, MAX_REPEATED = 12, 6
MAX_NOTE_CHARACTERS, MAX_QUOTE_CHARACTERS = 700, 240

Quoted = Callable[[str], str]


def summary_of_logs(question: str, passages: Sequence[Passage], quoted: Quoted) -> str:
    """A line for each noted passage that tells enough; what only repeated, in a summary alone.

    `quoted` makes a text fit to be quoted.
    """
    noted = [(number, passage) for number, passage in enumerate(passages, 1) if passage.note]
    failed = [each for each in noted if each[1].score >= FAILED]
    repeated = [each for each in noted if REPEATED <= each[1].score < FAILED]
    names: set[str] = set()
    lines = []
    for number, passage in failed[:MAX_FAILED]:
        if passage.chunk.document_id not in names:
            name = " ".join(passage.document_name.split())
            lines.append(f"{name}: {quoted(passage.note[:MAX_NOTE_CHARACTERS])} [{number}]")
        else:
            lines.append(_line(number, passage, quoted))
        names.add(passage.chunk.document_id)
    if repeated and asks_for_summary(question):
        lines.append("What repeated:")
        lines += [_line(*each, quoted) for each in repeated[:MAX_REPEATED]]
    return "\n".join(lines)


def _line(number: int, passage: Passage, quoted: Quoted) -> str:
    note = passage.note[:MAX_NOTE_CHARACTERS]
    text = passage.chunk.text.strip().split("\n")[0][:MAX_QUOTE_CHARACTERS]
    return f"- {quoted(note[:1].upper() + note[1:])}: {quoted(text)} [{number}]"
