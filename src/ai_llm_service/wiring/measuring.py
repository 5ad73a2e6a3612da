"""What `ai-llm-service eval` does: run trials, tell the figures, write the reports."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ai_llm_service.errors import InvalidRequest
from ai_llm_service.settings import Settings
from ai_llm_service.usecases.evaluation.report import as_html, as_json, as_lines, as_markdown
from ai_llm_service.usecases.evaluation.sets import trial_of, trials_in
from ai_llm_service.wiring.evaluating import evaluate as run
from ai_llm_service.wiring.evaluating import write_reports


def evaluate(
    settings: Settings,
    questions: Path,
    documents: Path | None,
    only: Sequence[str],
    output: Path,
) -> Iterator[str]:
    """The figures of one's own questions, or of the sets of a folder, line by line."""
    scratch = settings.data_dir / "documents"
    scratch.mkdir(parents=True, exist_ok=True)
    if documents is None and not questions.is_dir():
        raise InvalidRequest("Give the folder of the documents, too: --documents DIR.")
    trials = [trial_of(questions, documents)] if documents else trials_in(questions, scratch, only)
    if not trials:
        raise InvalidRequest(f"{questions} holds none of the known sets.")
    outcomes = []
    for outcome in run(settings, trials):
        outcomes.append(outcome)
        yield from as_lines([outcome])
        found = json.dumps(as_json(outcomes), indent=1)
        texts = {
            "eval.json": found,
            "eval.md": as_markdown(outcomes),
            "eval.html": as_html(outcomes),
        }
        write_reports(output, texts)
    yield f"The reports are in {output}: eval.json, eval.md and eval.html."
