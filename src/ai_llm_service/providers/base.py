"""What a chat model takes and promises, whoever serves it."""

from dataclasses import dataclass
from typing import Literal, Protocol

from ai_llm_service.domain import Generation, Passage


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a chat model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that a chat model is told: the messages, and what they were made from.

    A model behind a wire sends `messages`; one without a model reads `question` and `passages`.
    Passage *n* (from 1, in order) is the one that the text may cite as `[n]`.
    """

    messages: tuple[Message, ...]
    question: str
    passages: tuple[Passage, ...]


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
        """Answer the prompt, marking statements with `[n]`, or raise a ProviderError."""
        ...
