"""A service without its queue, in a folder of its own, for measuring it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ai_llm_service.domain import Generation
from ai_llm_service.providers.base import ChatModel, Prompt
from ai_llm_service.providers.extractive import Extractive, best_sentence
from ai_llm_service.search.finding import PassageFinder
from ai_llm_service.search.library import SqlLibrary
from ai_llm_service.settings import Settings
from ai_llm_service.usecases.evaluation.figures import judge, summed_up
from ai_llm_service.usecases.evaluation.report import Outcome
from ai_llm_service.usecases.evaluation.running import Bench, Session
from ai_llm_service.usecases.evaluation.sets import Trial
from ai_llm_service.wiring.core import make_app
from ai_llm_service.wiring.providers import build_providers
from ai_llm_service.wiring.search import build_cache
from ai_llm_service.wiring.vectors import make_embedder
from ai_llm_service.wiring.worker import WorkerProcess


class Noting:
    """Answers as the model does, and notes the best single sentence of what it was given."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self.sentence: str | None = None

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def context_tokens(self) -> int:
        return self._model.context_tokens

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        self.sentence = best_sentence(prompt) if isinstance(self._model, Extractive) else None
        return self._model.generate(prompt, timeout_seconds)


def evaluate(settings: Settings, trials: Sequence[Trial]) -> Iterator[Outcome]:
    """Run trial after trial; the same documents are read and embedded once for all of them."""
    with _bench(settings) as bench:
        for trial in trials:
            judged = []
            for group in trial.groups:
                session = Session(bench, group.files)
                judged += [
                    judge(
                        question,
                        session.predict(question, narrow=trial.narrow, answers=trial.answers),
                    )
                    for question in group.questions
                ]
            yield Outcome(trial, summed_up(judged), judged)


@contextmanager
def _bench(settings: Settings) -> Iterator[Bench]:
    worker = WorkerProcess(settings, make_app(settings))
    database, files = worker.core.database, worker.core.files
    library, cache = SqlLibrary(database), build_cache(settings, database)
    embedder = make_embedder(settings, database, lambda: True)
    providers = build_providers(settings)
    model = Noting(providers.chat(providers.default))

    def finish_vectors() -> None:
        while embedder is not None and not embedder.work():
            pass

    yield Bench(
        sessions=worker.core.sessions,
        files=files,
        library=library,
        search=worker.search,
        finder=PassageFinder(library, cache),
        model=model,
        run_task=worker.runner.run,
        finish_vectors=finish_vectors,
        best_sentence=lambda: model.sentence,
    )
    database.close()


def write_reports(folder: Path, texts: dict[str, str]) -> None:
    """Write each text to a file of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
