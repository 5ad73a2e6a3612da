"""Models in the place of others: which can, which failed before, and one that reads less."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ai_llm_service.domain import Failover, Generation, Json
from ai_llm_service.errors import PromptTooLong, ProviderError
from ai_llm_service.providers.base import ChatModel, Prompt
from ai_llm_service.search.prompt import count_tokens
from ai_llm_service.text import estimate_tokens
from ai_llm_service.usecases.call_values import FREE


def can_stand_in(model: ChatModel, prompt: Prompt, chosen: ChatModel) -> bool:
    """Whether a prompt that was made for the chosen model is one for this model, too."""
    if model is chosen:
        return True
    if prompt.store_id is not None and _provider(model) != _provider(chosen):
        return False
    if model.name in FREE:
        # It quotes passages, and writes nothing else.
        return bool(prompt.passages)
    told = sum(estimate_tokens(message.content) for message in prompt.messages)
    return told <= model.context_tokens


class Failovers:
    """Which models of a step did not answer, in their order, and with which code."""

    def __init__(self) -> None:
        self._failed: dict[str, str | None] = {}

    def note(self, model: ChatModel, code: str | None) -> None:
        self._failed[model.name] = self._failed.get(model.name) or code

    def before(self, answered: str) -> list[Json]:
        """Those that failed where another model answered."""
        failed = [Failover(name, code) for name, code in self._failed.items() if name != answered]
        return [asdict(each) for each in failed]


class Measured:
    """A model that tells how long the shortest prompt was that it could not read."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._too_long = model.context_tokens

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def context_tokens(self) -> int:
        return self._model.context_tokens

    @property
    def reads_less(self) -> "ReadsLess":
        """The model as one that reads half of that."""
        return ReadsLess(self._model, max(1, self._too_long // 2))

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        try:
            return self._model.generate(prompt, timeout_seconds)
        except PromptTooLong:
            self._too_long = min(self._too_long, count_tokens(prompt.messages))
            raise


@dataclass(frozen=True, slots=True)
class ReadsLess:
    """A model whose context turned out to be smaller than its settings say."""

    model: ChatModel
    context_tokens: int

    @property
    def name(self) -> str:
        return self.model.name

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        return self.model.generate(prompt, timeout_seconds)


def first_of(errors: Mapping[str, ProviderError]) -> ProviderError:
    """The error of the model that was asked first; it names those that failed after it."""
    (_, first), *others = errors.items()
    if others:
        names = ", ".join(name for name, _ in others)
        first.message = f"{first.message} Asked in its place, {names} failed, too."
    return first


def _provider(model: ChatModel) -> str:
    return model.name.partition(":")[0]
