"""How one step of a task is answered, by the task's kind. The models go through the gateway."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import TypeAdapter

from ai_llm_service.domain import (
    Answer,
    Call,
    Generation,
    Json,
    Query,
    QueryOptions,
    Step,
    Task,
    Turn,
)
from ai_llm_service.errors import EmbedderMissing, PromptTooLong
from ai_llm_service.providers.base import ChatModel, GenerateOptions, Message, Prompt
from ai_llm_service.search.base import FileSearch
from ai_llm_service.usecases.bookmarks import StepBookmark
from ai_llm_service.usecases.json_answers import generate_json
from ai_llm_service.usecases.stand_ins import Measured

ANSWER = TypeAdapter(Answer)
OPTIONS = TypeAdapter(QueryOptions)
GENERATE_OPTIONS = TypeAdapter(GenerateOptions)
MESSAGES = TypeAdapter(tuple[Message, ...])
VECTORS = TypeAdapter(list[list[float]])
INPUT = "{input}"
TEXTS_PER_CALL = 64
LEAST_SECONDS = 1.0
WRITES_NOTHING = GenerateOptions(max_output_tokens=0)
FROM_ANSWER = (
    "You turn an answer that was given from documents into JSON. Take every value from the answer;"
    " add nothing that it does not say."
)

FindModels = Callable[[str | None], Sequence[ChatModel]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A step that is about to be answered, the calls made for it so far, and its time left."""

    task: Task
    step: Step
    history: tuple[Turn, ...]
    calls: tuple[Call, ...]
    seconds_left: float
    bookmark: StepBookmark


class Responder(Protocol):
    """Who answers the steps of one kind of task."""

    def models(self, task: Task) -> Sequence[ChatModel]:
        """The models to try in turn, or a ServiceError."""
        ...

    def respond(self, asked: Asked, model: ChatModel, timeout_seconds: float) -> Json:
        """The answer as it is kept and shown, or a ServiceError."""
        ...


class FileAnswers:
    """Answers questions from the documents of a session."""

    def __init__(self, search: FileSearch, find_models: FindModels) -> None:
        self._search = search
        self._find_models = find_models

    def models(self, task: Task) -> Sequence[ChatModel]:
        return self._find_models(_named(task))

    def respond(self, asked: Asked, model: ChatModel, timeout_seconds: float) -> Json:
        give_up_at = time.monotonic() + timeout_seconds
        task = asked.task
        query = Query(
            session_id=task.session_id,
            text=asked.step.query,
            instructions=task.payload.get("instructions"),
            history=asked.history,
            document_id=task.document_id,
            options=OPTIONS.validate_python(task.payload.get("options") or {}),
        )
        answer = self._answer(query, model, give_up_at, asked.bookmark)
        shown: Json = ANSWER.dump_python(answer, mode="json")
        schema = query.options.response_schema
        if schema is None:
            return shown
        # Held to a schema at once, models cite badly: JSON is made from the cited answer.
        told = f"Question: {query.text}\n\nAnswer: {answer.text}"
        prompt = Prompt((Message("system", FROM_ANSWER), Message("user", told)), query.text, ())
        left = max(LEAST_SECONDS, give_up_at - time.monotonic())
        return {**shown, "json": generate_json(model, prompt, schema, left).value}

    def _answer(
        self, query: Query, model: ChatModel, give_up_at: float, bookmark: StepBookmark
    ) -> Answer:
        """Once more with less where the model reads less than its settings say."""
        measured = Measured(model)
        try:
            return self._search.answer(query, measured, give_up_at - time.monotonic(), bookmark)
        except PromptTooLong:
            left = give_up_at - time.monotonic()
            if not model.context_tokens or left < LEAST_SECONDS:
                raise
            return self._search.answer(query, measured.reads_less, left, bookmark)


class Generations:
    """Has a model write from a prompt alone."""

    def __init__(self, find_models: FindModels) -> None:
        self._find_models = find_models

    def models(self, task: Task) -> Sequence[ChatModel]:
        return self._find_models(_named(task))

    def respond(self, asked: Asked, model: ChatModel, timeout_seconds: float) -> Json:
        payload = asked.task.payload
        options = GENERATE_OPTIONS.validate_python(payload.get("generate") or {})
        messages = MESSAGES.validate_python(payload["messages"])
        text = asked.step.query
        if payload.get("batch"):
            messages = with_input(messages, text)
        prompt = Prompt(messages, text, (), options)
        schema = options.response_schema
        if schema is None:
            return _shown(text, model.generate(prompt, timeout_seconds))
        found = generate_json(model, prompt, schema, timeout_seconds)
        written = _shown(text, found.generation)
        return {**written, "json": found.value, "repaired": found.repaired}


class EmbeddedTexts:
    """Has an embedder turn texts into vectors."""

    def __init__(self, embedder: ChatModel | None) -> None:
        self._embedder = embedder

    def models(self, task: Task) -> Sequence[ChatModel]:  # noqa: ARG002 - there is but one
        if self._embedder is None:
            raise EmbedderMissing
        return (self._embedder,)

    def respond(self, asked: Asked, model: ChatModel, timeout_seconds: float) -> Json:
        texts = [str(text) for text in asked.task.payload["texts"]]
        vectors: list[list[float]] = []
        name = model.name
        for start in range(0, len(texts), TEXTS_PER_CALL):
            part = texts[start : start + TEXTS_PER_CALL]
            prompt = Prompt(tuple(Message("user", text) for text in part), "", (), WRITES_NOTHING)
            generation = model.generate(prompt, timeout_seconds)
            vectors += VECTORS.validate_json(generation.text)
            name = generation.model
        dimensions = len(vectors[0]) if vectors else 0
        return {"text": "", "embeddings": vectors, "dimensions": dimensions, "model": name}


def with_input(messages: tuple[Message, ...], text: str) -> tuple[Message, ...]:
    """The input in the place of `{input}`, or at the end of the last message."""
    if any(INPUT in message.content for message in messages):
        return tuple(
            Message(message.role, message.content.replace(INPUT, text)) for message in messages
        )
    last = messages[-1]
    return (*messages[:-1], Message(last.role, f"{last.content}\n\n{text}"))


def _named(task: Task) -> str | None:
    name = (task.payload.get("options") or {}).get("model")
    return str(name) if name else None


def _shown(text: str, generation: Generation) -> Json:
    return {
        "input": text,
        "text": generation.text,
        "model": generation.model,
        "truncated": generation.truncated,
    }
