"""The public sets: how their folders are read, and the figures to compare with."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ai_llm_service.usecases.evaluation.questions import Question, read_questions
from ai_llm_service.usecases.evaluation.running import File


@dataclass(frozen=True, slots=True)
class Group:
    """Documents of one session, and the questions to it."""

    files: tuple[File, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """Groups that give figures together. `narrow`: an answer is sought in the question's scope.

    `baselines` are the best published figure each, with its standard error.
    """

    name: str
    groups: tuple[Group, ...]
    baselines: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    answers: bool = True
    narrow: bool = False


CHUNKING = {
    "span_recall@5": (0.930, 0.014),
    "span_recall@1000ch": (0.681, 0.02),
    "span_recall@2000ch": (0.822, 0.02),
    "span_recall@4000ch": (0.925, 0.02),
}
XQUAD = {
    "en": {
        "para_ndcg@10": (0.976, 0.005),
        "answer_contains_sentence": (0.768, 0.018),
        "answer_contains": (0.894, 0.018),
        "confidence_auroc": (0.991, 0.005),
    },
    "hi": {
        "para_ndcg@10": (0.962, 0.006),
        "answer_contains_sentence": (0.729, 0.018),
        "answer_contains": (0.885, 0.018),
        "confidence_auroc": (0.987, 0.005),
    },
}
SHARED, SINGLE = {"page_recall@5": (0.407, 0.07)}, {"page_recall@5": (0.487, 0.07)}
TABLES = {"doc_recall@5": (0.812, 0.014), "denotation": (0.339, 0.017)}
LOGS = {"line_hit@1": (0.916, 0.018), "line_hit@5": (0.992, 0.010), "value_exact": (1.0, 0.0)}
MULTIHOP = {"doc_recall@5": (0.714, 0.03), "doc_all@5": (0.467, 0.045)}


def trials_in(folder: Path, scratch: Path, only: Sequence[str] = ()) -> list[Trial]:
    """The trials of the sets that the folder has; `only` names those wanted."""
    found: list[Trial] = []
    for name, make in MAKERS.items():
        if (folder / name).is_dir() and (not only or name in only):
            found += make(folder / name, scratch)
    return found


def trial_of(questions: Path, documents: Path) -> Trial:
    """A trial of one's own questions on all files of a folder."""
    return Trial(questions.stem, (Group(_files(documents), tuple(read_questions(questions))),))


def _files(folder: Path) -> tuple[File, ...]:
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    return tuple(File(path, path.name) for path in paths)


def _chunking(folder: Path, _scratch: Path) -> list[Trial]:
    group = Group(_files(folder / "docs"), tuple(read_questions(folder / "questions.jsonl")))
    return [Trial("chunking", (group,), CHUNKING, answers=False)]


def _xquad(folder: Path, _scratch: Path) -> list[Trial]:
    trials = []
    for lang, baselines in XQUAD.items():
        questions = read_questions(folder / f"questions.{lang}.jsonl")
        questions += read_questions(folder / f"unanswerable.{lang}.jsonl")
        group = Group(_files(folder / f"docs_{lang}"), tuple(questions))
        trials.append(Trial(f"xquad {lang}", (group,), baselines))
    return trials


def _financebench(folder: Path, _scratch: Path) -> list[Trial]:
    files = _files(folder / "docs")
    questions = read_questions(folder / "questions.jsonl")
    shared = Group(files, tuple(questions))
    return [
        Trial("financebench shared", (shared,), SHARED, answers=False),
        Trial("financebench single", _by_scope(files, questions), SINGLE, answers=False),
    ]


def _wikitables(folder: Path, _scratch: Path) -> list[Trial]:
    group = Group(_files(folder / "docs"), tuple(read_questions(folder / "questions.jsonl")))
    return [Trial("wikitables", (group,), TABLES, narrow=True)]


def _logs(folder: Path, _scratch: Path) -> list[Trial]:
    groups = _by_scope(_files(folder / "docs"), read_questions(folder / "questions.jsonl"))
    return [Trial("logs", groups, LOGS)]


def _multihop(folder: Path, scratch: Path) -> list[Trial]:
    questions = read_questions(folder / "questions.jsonl")
    files: dict[str, list[File]] = {}
    for line in (folder / "docs.jsonl").read_text("utf-8").splitlines():
        document = json.loads(line)
        path = scratch / f"{document['doc']}.txt"
        path.write_text(f"{document['title']}\n\n{document['text']}\n", "utf-8")
        files.setdefault(document["set"], []).append(File(path, document["doc"]))
    groups = tuple(
        Group(tuple(each), tuple(q for q in questions if q.group == name))
        for name, each in files.items()
    )
    return [Trial("multihop", groups, MULTIHOP, answers=False)]


def _by_scope(files: Sequence[File], questions: Sequence[Question]) -> tuple[Group, ...]:
    """One session for each document that questions are about."""
    scoped = [(file, tuple(q for q in questions if q.scope[:1] == (file.doc,))) for file in files]
    return tuple(Group((file,), asked) for file, asked in scoped if asked)


MAKERS = {
    "chunking": _chunking,
    "xquad": _xquad,
    "logs": _logs,
    "multihop": _multihop,
    "wikitables": _wikitables,
    "financebench": _financebench,
}
