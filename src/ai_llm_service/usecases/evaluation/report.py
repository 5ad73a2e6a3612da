"""The report of an evaluation: figures, plots, and each wrong question with what was found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from ai_llm_service.usecases.evaluation.figures import Figure, Judged
from ai_llm_service.usecases.evaluation.questions import UNANSWERABLE
from ai_llm_service.usecases.evaluation.sets import Trial

# What makes a question right or wrong, the first of them that it has.
DECISIVE = (
    "denotation",
    "value_exact",
    "answer_contains",
    "line_hit@5",
    "page_recall@5",
    "doc_recall@5",
    "span_recall@5",
)
RIGHT = 0.5
MAX_WRONG = 500
MAX_SHOWN_CHARACTERS = 300
BAR_WIDTH, BAR_HEIGHT = 320, 16
COUNTED = ("search_ms_p50",)
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.2rem .6rem;border-bottom:1px solid #ddd;"
    "text-align:left}td.n{text-align:right;font-variant-numeric:tabular-nums}"
    "q{background:#f6f6f6}.low{color:#b00}"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trial with its figures and its questions."""

    trial: Trial
    figures: Mapping[str, Figure]
    judged: Sequence[Judged]


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures, next to the baselines."""
    return {
        outcome.trial.name: {
            name: {**asdict(figure), **_beside(outcome, name)}
            for name, figure in outcome.figures.items()
        }
        for outcome in outcomes
    }


def as_lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The figures as a terminal shows them."""
    for outcome in outcomes:
        yield f"{outcome.trial.name} ({len(outcome.judged)} questions)"
        for name, figure in outcome.figures.items():
            compared = _compared(outcome, name)
            yield f"  {name:28}{_shown(name, figure):20}{compared}"


def as_markdown(outcomes: Sequence[Outcome]) -> str:
    lines = ["# Evaluation", ""]
    for outcome in outcomes:
        lines += [f"## {outcome.trial.name}", "", "| figure | value | baseline |", "|---|---|---|"]
        lines += [
            f"| {name} | {_shown(name, figure)} | {_compared(outcome, name)} |"
            for name, figure in outcome.figures.items()
        ]
        wrong = _wrong(outcome)
        lines += ["", f"### Wrong: {len(wrong)} of {len(outcome.judged)}", ""]
        for each in wrong[:MAX_WRONG]:
            lines.append(f"- **{each.question.id}** {each.question.text}")
            lines += [f"  - {name}: {text}" for name, text in _told(each)]
        lines.append("")
    return "\n".join(lines)


def as_html(outcomes: Sequence[Outcome]) -> str:
    body = "".join(_section(outcome) for outcome in outcomes)
    head = f"<meta charset=utf-8><title>Evaluation</title><style>{STYLE}</style>"
    return f"<!doctype html><html lang=en><head>{head}</head><body><h1>Evaluation</h1>{body}"


def _section(outcome: Outcome) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}<td class=n>{_shown(name, figure)}<td>{_compared(outcome, name)}"
        f"<td>{'' if name in COUNTED else _bar(outcome, name, figure)}"
        for name, figure in outcome.figures.items()
    )
    wrong = _wrong(outcome)
    items = "".join(
        f"<li><b>{escape(each.question.id)}</b> <q>{escape(each.question.text)}</q><ul>"
        + "".join(f"<li>{name}: {escape(text)}" for name, text in _told(each))
        + "</ul>"
        for each in wrong[:MAX_WRONG]
    )
    return (
        f"<h2>{escape(outcome.trial.name)}</h2><table><tr><th>figure<th>value<th>baseline<th>"
        f"{rows}</table><details><summary>Wrong: {len(wrong)} of {len(outcome.judged)}</summary>"
        f"<ul>{items}</ul></details>"
    )


def _bar(outcome: Outcome, name: str, figure: Figure) -> str:
    """The value with its standard error; the baseline as a line across."""
    baseline = outcome.trial.baselines.get(name)
    width = BAR_WIDTH * min(max(figure.value, 0.0), 1.0)
    error = BAR_WIDTH * (figure.error or 0.0)
    middle = BAR_HEIGHT / 2
    parts = [
        f'<rect width="{width:.1f}" height="{BAR_HEIGHT}" fill="#4a7ebb"/>',
        f'<path d="M{width - error:.1f} {middle}H{width + error:.1f}" stroke="#222"/>',
    ]
    if baseline is not None:
        at = BAR_WIDTH * baseline[0]
        parts.append(f'<path d="M{at:.1f} 0V{BAR_HEIGHT}" stroke="#c33" stroke-width="2"/>')
    return f'<svg width="{BAR_WIDTH + 10}" height="{BAR_HEIGHT}">{"".join(parts)}</svg>'


def _wrong(outcome: Outcome) -> list[Judged]:
    return [each for each in outcome.judged if not _is_right(each)]


def _is_right(judged: Judged) -> bool:
    if judged.question.type == UNANSWERABLE:
        return not judged.prediction.found
    decisive = next((judged.figures[name] for name in DECISIVE if name in judged.figures), 1.0)
    return decisive >= RIGHT


def _told(judged: Judged) -> Iterator[tuple[str, str]]:
    question, prediction = judged.question, judged.prediction
    if question.answers:
        yield "expected", _cut(", ".join(question.answers))
    if question.gold:
        yield "evidence", _cut("; ".join(_place(item) for item in question.gold))
    answer = prediction.answer
    if answer:
        yield "answered", _cut(answer if isinstance(answer, str) else ", ".join(answer))
    if prediction.error:
        yield "error", _cut(prediction.error)
    found = (
        f"{each.doc}, {'page ' + str(each.page) if each.page else 'line ' + str(each.first_line)}"
        for each in prediction.chunks[:5]
    )
    yield "found", _cut("; ".join(found) or "nothing")


def _place(item: Mapping[str, Any]) -> str:
    places = [f"{name} {item[name]}" for name in ("page", "line", "start") if name in item]
    return ", ".join([str(item["doc"]), *places])


def _cut(text: str) -> str:
    one_line = " ".join(text.split())
    cut = one_line[:MAX_SHOWN_CHARACTERS]
    return cut if cut == one_line else f"{cut}…"


def _shown(name: str, figure: Figure) -> str:
    if name in COUNTED:
        return f"{figure.value:.1f}"
    error = "" if figure.error is None else f" ± {figure.error:.3f}"
    return f"{figure.value:.3f}{error}"


def _beside(outcome: Outcome, name: str) -> dict[str, float]:
    known = outcome.trial.baselines.get(name)
    return {} if known is None else {"baseline": known[0], "baseline_error": known[1]}


def _compared(outcome: Outcome, name: str) -> str:
    known = outcome.trial.baselines.get(name)
    if known is None:
        return ""
    value = outcome.figures[name].value
    verdict = "at or above" if value >= known[0] else "within one error"
    if value < known[0] - known[1]:
        verdict = "BELOW"
    return f"{known[0]:.3f} ± {known[1]:.3f} {verdict}"
