"""What a chat model takes and promises, whoever serves it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from ai_llm_service.domain import Generation, Json, Passage, ProviderLimits, Usage

# A text that begins with this says that the passages do not hold the answer.
NOT_FOUND = "NOT_IN_DOCUMENTS"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a chat model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """What a caller asks of a generation; None leaves it to the model and its settings.

    `response_schema` is a JSON Schema that the text should meet. A model that can't be held to
    it is only told so by the prompt; whoever asked validates the text.
    """

    temperature: float | None = None
    max_output_tokens: int | None = None
    response_schema: Json | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a provider is asked, in words that tell it nothing of them.

    `tenant` is a hash, the same for all calls of a tenant. Prompts of one session begin alike.
    `task_id` is for the operator, who may look for what a provider keeps of a task.
    """

    tenant: str
    session_id: str | None
    task_id: str | None = None


# How alike in meaning a text and each of some others are, from 0 to 1.
Similarity = Callable[[str, Sequence[str]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that a chat model is told: the messages, and what they were made from.

    A model behind a wire sends `messages`; one without a model reads `question` and `passages`.
    Passage *n* (from 1, in order) is the one that the text may cite as `[n]`. `store_id` names a
    vector store at the model's own provider, where it searches for more by itself. `similarity`
    is for a model without a model: it has no other way to compare by meaning. `caller` is no part
    of what is asked.
    """

    messages: tuple[Message, ...]
    question: str
    passages: tuple[Passage, ...]
    options: GenerateOptions = field(default_factory=GenerateOptions)
    store_id: str | None = None
    similarity: Similarity | None = field(default=None, compare=False, repr=False)
    caller: Caller | None = field(default=None, compare=False, repr=False)


class ChatModel(Protocol):
    """Whatever writes an answer from a prompt."""

    @property
    def name(self) -> str:
        """The model as `provider:model`."""
        ...

    @property
    def context_tokens(self) -> int:
        """How many tokens of documents and conversation one prompt may hold.

        0 means that the model takes the best passages only, however small the documents are.
        """
        ...

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        """Answer the prompt, marking statements with `[n]`, or raise a ProviderError.

        Where the passages do not hold the answer the text begins with NOT_FOUND.
        """
        ...


@runtime_checkable
class BackgroundModel(Protocol):
    """A chat model that works on after we hang up, and is asked again for what it wrote.

    The engine commits the reference between the two calls, so a worker that takes the task over
    collects the generation instead of asking, and paying, again.
    """

    def submit(self, prompt: Prompt, timeout_seconds: float) -> str:
        """Hand the prompt over; the reference of what will be written. Raises a ProviderError."""
        ...

    def collect(self, reference: str, timeout_seconds: float) -> Generation:
        """Wait for what was written, or raise a ProviderError.

        ProviderStillWriting where it is not ready in time: collect it again later.
        ProviderOutcomeUnknown where the provider does not know the reference any more.
        """
        ...

    def cancel(self, reference: str, timeout_seconds: float) -> None:
        """Stop and remove what is being written, or raise a ProviderError; unknown is removed."""
        ...

    def forget(self, reference: str, timeout_seconds: float) -> None:
        """Remove what was collected, or raise a ProviderError; what is unknown is removed."""
        ...


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One vector a text, in their order; all vectors have the same number of dimensions."""

    vectors: tuple[tuple[float, ...], ...]
    model: str
    usage: Usage = field(default_factory=Usage)
    limits: ProviderLimits | None = None


class Embedder(Protocol):
    """Whatever turns texts into vectors that lie near each other where the texts mean the same."""

    @property
    def name(self) -> str:
        """The model as `provider:model`."""
        ...

    def embed(self, texts: Sequence[str], timeout_seconds: float) -> Embeddings:
        """One vector for each text, or raise a ProviderError."""
        ...
