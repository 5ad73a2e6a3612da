"""How far what was found is where the evidence stands."""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence, Set

from ai_llm_service.usecases.evaluation.questions import VALUES, Prediction, Question, Result

BUDGETS = (1000, 2000, 4000)
DEPTHS = (1, 5)
RANKED = 10
# A citation hits a range when they share at least half of the shorter one.
LEAST_SHARED = 0.5

Span = tuple[str, int, int]
Figures = dict[str, float]


def place_figures(question: Question, prediction: Prediction) -> Figures:
    """The figures of retrieval and of citations, by the kind of evidence that the question has."""
    if not question.gold:
        return {}
    kind = question.gold[0]
    if "start" in kind:
        found = _span_figures(question, prediction)
    elif "page" in kind:
        gold = {(item["doc"], item["page"]) for item in question.gold}
        pages = [(each.doc, each.page) for each in prediction.chunks if each.page is not None]
        found = _rank_figures(pages, gold, "page")
    elif "line" in kind:
        # A first or a last time is computed, not looked up.
        found = {} if question.type in VALUES else _line_figures(question, prediction)
    else:
        gold_docs = {item["doc"] for item in question.gold}
        found = _rank_figures([each.doc for each in prediction.chunks], gold_docs, "doc")
    if prediction.answer is None:
        return found
    return {**found, **_citation_figures(question, prediction)}


def _span_figures(question: Question, prediction: Prediction) -> Figures:
    gold = [(item["doc"], item["start"], item["end"]) for item in question.gold]
    total = sum(_size(spans) for spans in _by_doc(gold).values())
    chunks, passages = _spans(prediction.chunks), _spans(prediction.passages)
    found = {f"span_recall@{depth}": _hits(gold, passages[:depth]) / total for depth in DEPTHS}
    found |= {f"chunk_recall@{depth}": _hits(gold, chunks[:depth]) / total for depth in DEPTHS}
    for budget in BUDGETS:
        found[f"span_recall@{budget}ch"] = _hits(gold, _cut(chunks, budget)) / total
    if question.para is not None:
        place = (question.para["doc"], question.para["start"], question.para["end"])
        inside = [_hits([place], [span]) > 0 for span in chunks[:RANKED]]
        rank = inside.index(True) if True in inside else None
        found["para_ndcg@10"] = 0.0 if rank is None else 1 / math.log2(rank + 2)
    return found


def _line_figures(question: Question, prediction: Prediction) -> Figures:
    gold = {(item["doc"], item["line"]) for item in question.gold}
    hits = [
        any(doc == each.doc and each.first_line <= line <= each.last_line for doc, line in gold)
        for each in prediction.chunks
    ]
    return {f"line_hit@{depth}": float(any(hits[:depth])) for depth in DEPTHS}


def _rank_figures(found: Iterable[Hashable], gold: Set[Hashable], name: str) -> Figures:
    ranked = list(dict.fromkeys(found))
    figures = {}
    for depth in DEPTHS:
        got = gold & set(ranked[:depth])
        figures[f"{name}_recall@{depth}"] = len(got) / len(gold)
        figures[f"{name}_all@{depth}"] = float(got == gold)
    return figures


def _citation_figures(question: Question, prediction: Prediction) -> Figures:
    cited, good = prediction.citations, 0
    found: set[int] = set()
    for citation in cited:
        here = {n for n, item in enumerate(question.gold) if _is_cited(item, citation)}
        good += bool(here)
        found |= here
    kind = question.gold[0]
    one_is_enough = "line" in kind or ("start" in kind and bool(question.answers))
    recall = float(bool(found)) if one_is_enough else len(found) / len(question.gold)
    precision = good / len(cited) if cited else 0.0
    return {"citation_precision": precision, "citation_recall": recall}


def _is_cited(item: Mapping[str, object], citation: Result) -> bool:
    if item["doc"] != citation.doc:
        return False
    if "start" in item:
        start, end = int(str(item["start"])), int(str(item["end"]))
        shared = min(citation.end, end) - max(citation.start, start)
        return shared >= LEAST_SHARED * min(citation.end - citation.start, end - start)
    if "page" in item:
        return citation.page == item["page"]
    if "line" in item:
        return citation.first_line <= int(str(item["line"])) <= citation.last_line
    return True


def _spans(results: Sequence[Result]) -> list[Span]:
    return [(each.doc, each.start, each.end) for each in results]


def _by_doc(spans: Iterable[Span]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for doc, start, end in spans:
        found[doc].append((start, end))
    return found


def _union(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _size(spans: Iterable[tuple[int, int]]) -> int:
    return sum(end - start for start, end in _union(spans))


def _hits(gold: Iterable[Span], spans: Iterable[Span]) -> int:
    """How many characters of the evidence are among the spans."""
    wanted, given = _by_doc(gold), _by_doc(spans)
    return sum(
        max(0, min(end, last) - max(start, first))
        for doc, ranges in wanted.items()
        for start, end in _union(ranges)
        for first, last in _union(given.get(doc, ()))
    )


def _cut(spans: Sequence[Span], budget: int) -> list[Span]:
    """As many characters of the ranked spans, those taken already being free."""
    taken: dict[str, list[tuple[int, int]]] = defaultdict(list)
    left = budget
    for doc, start, end in spans:
        before = _size(taken[doc])
        end_kept = end
        while end_kept > start and _size([*taken[doc], (start, end_kept)]) - before > left:
            end_kept -= _size([*taken[doc], (start, end_kept)]) - before - left
        if end_kept > start:
            left -= _size([*taken[doc], (start, end_kept)]) - before
            taken[doc].append((start, end_kept))
        if end_kept < end:
            break
    return [(doc, start, end) for doc, ranges in taken.items() for start, end in _union(ranges)]
