"""Chat models of OpenAI, by its Responses API. Nothing is kept there: the transcript is ours."""

from collections.abc import Iterable
from typing import Any, cast

from ai_llm_service.domain import FileMark, FoundText, Generation, Json, ProviderLimits
from ai_llm_service.errors import (
    ContentRefused,
    NothingWritten,
    ProviderError,
    ProviderMisbehaved,
    ProviderUnavailable,
)
from ai_llm_service.providers.base import Caller, Prompt
from ai_llm_service.providers.openai_errors import Told, error_for
from ai_llm_service.providers.openai_model import (
    PRIVATE_MARKS,
    ModelOptions,
    Refusals,
    effort_of,
    is_strict,
    limits_in,
    usage_in,
)
from ai_llm_service.providers.openai_wire import OpenAIWire, Reply, broken_off, unreadable, whole
from ai_llm_service.providers.sse import events

MAX_SEARCH_RESULTS = 20
ENDINGS = frozenset({"response.completed", "response.failed", "response.incomplete"})
OPTIONAL = ("temperature", "reasoning", "text", "safety_identifier", "prompt_cache_key")


class OpenAIResponses:
    """One model of OpenAI, or of a server that speaks its Responses API."""

    def __init__(self, wire: OpenAIWire, options: ModelOptions) -> None:
        self.wire = wire
        self.options = options
        self.refusals = Refusals(OPTIONAL)

    @property
    def name(self) -> str:
        return f"{self.wire.provider}:{self.options.model}"

    @property
    def context_tokens(self) -> int:
        return self.options.prompt_tokens

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        body = {**self.body(prompt), **({"stream": True} if self.options.streams else {})}
        return self.refusals.ask(body, lambda sent: self._ask(sent, timeout_seconds))

    def _ask(self, body: Json, timeout_seconds: float) -> Generation:
        with self.wire.reply(
            lambda client, timeout: client.responses.with_streaming_response.create(
                **cast("Any", body), timeout=timeout
            ),
            timeout_seconds,
        ) as reply:
            response = self._streamed(reply) if body.get("stream") else whole(reply)
            return self.generation(response, limits_in(reply.headers))

    def body(self, prompt: Prompt) -> Json:
        options, effort = prompt.options, effort_of(self.options)
        system = "\n\n".join(each.content for each in prompt.messages if each.role == "system")
        body: Json = {
            "model": self.options.model,
            "input": [
                {"role": each.role, "content": each.content}
                for each in prompt.messages
                if each.role != "system"
            ],
            "max_output_tokens": options.max_output_tokens or self.options.output_tokens,
            "store": False,
        }
        if system:
            body["instructions"] = system
        if effort:
            body["reasoning"] = {"effort": effort}
        # A model that reasons takes no temperature.
        if options.temperature is not None and effort in {None, "none"}:
            body["temperature"] = options.temperature
        if options.response_schema is not None:
            body["text"] = {"format": _format(options.response_schema)}
        return {**body, **_search(prompt.store_id), **_told_of(prompt.caller)}

    def _streamed(self, reply: Reply) -> Any:
        """The response as the last event tells it; the others are its making."""
        try:
            for event in events(reply.pieces):
                if event.get("type") in ENDINGS:
                    return event.get("response")
                if event.get("type") == "error" or "error" in event:
                    raise error_for(Told.inside(event.get("error") or event), self.wire.provider)
        except ValueError:
            raise unreadable() from None
        raise broken_off(self.wire.provider)

    def generation(self, response: Any, limits: ProviderLimits | None) -> Generation:
        """What the response holds, or the error that it stands for: its status was 200 anyway."""
        try:
            status = response["status"]
            if status != "completed":
                self._check(status, response)
            return self._read(response, limits)
        except (KeyError, TypeError, AttributeError, ValueError):
            raise unreadable() from None

    def _check(self, status: Any, response: Any) -> None:
        """Raise what a response that is not complete means, but where its text was only cut."""
        provider = self.wire.provider
        if status == "failed":
            told = Told.inside(response.get("error"))
            if told.code is None:
                raise ProviderUnavailable(f"The provider {provider} failed on its side.")
            raise error_for(told, provider)
        if status == "cancelled":
            raise ProviderUnavailable(f"The answer was cancelled at the provider {provider}.")
        if status != "incomplete":
            raise ProviderMisbehaved(f"The provider {provider} sent an answer without an end.")
        if (response.get("incomplete_details") or {}).get("reason") == "content_filter":
            raise ContentRefused("The provider's content filter stopped the answer.")

    def _read(self, response: Any, limits: ProviderLimits | None) -> Generation:
        parts = [part for item in response["output"] for part in _parts(item)]
        text, marks = _text(parts)
        searches = [item for item in response["output"] if item.get("type") == "file_search_call"]
        if not text.strip():
            raise self._why_empty(response, parts)
        return Generation(
            text=text,
            model=self.name,
            usage=usage_in(
                response.get("usage"),
                ("input", "output"),
                sum(len(item.get("queries") or ()) or 1 for item in searches),
            ),
            truncated=response["status"] == "incomplete",
            limits=limits,
            found=tuple(found for item in searches for found in _found(item)),
            marks=marks,
        )

    def _why_empty(self, response: Any, parts: Iterable[Json]) -> ProviderError:
        if any(part.get("type") == "refusal" for part in parts):
            return ContentRefused("The model refused to answer this question.")
        kinds = {item.get("type") for item in response["output"]}
        if response["status"] == "incomplete" or "reasoning" in kinds:
            return NothingWritten()
        return ProviderMisbehaved("The provider sent an answer without text.")


def _format(schema: Json) -> Json:
    strict = is_strict(schema)
    return {"type": "json_schema", "name": "answer", "schema": schema, "strict": strict}


def _search(store_id: str | None) -> Json:
    if store_id is None:
        return {}
    tool = {
        "type": "file_search",
        "vector_store_ids": [store_id],
        "max_num_results": MAX_SEARCH_RESULTS,
    }
    return {"tools": [tool], "include": ["file_search_call.results"]}


def _told_of(caller: Caller | None) -> Json:
    """By which OpenAI tells our tenants apart, and finds the beginning of a session's prompts."""
    if caller is None:
        return {}
    told: Json = {"safety_identifier": caller.tenant}
    return {**told, "prompt_cache_key": caller.session_id} if caller.session_id else told


def _parts(item: Json) -> Iterable[Json]:
    return item.get("content") or () if item.get("type") == "message" else ()


def _text(parts: Iterable[Json]) -> tuple[str, tuple[FileMark, ...]]:
    """The text of all parts with the marks in it; what stands in no reader's text is taken out."""
    text, marks = "", set()
    for part in parts:
        if part.get("type") != "output_text":
            continue
        for note in part.get("annotations") or ():
            if note.get("type") == "file_citation" and isinstance(note.get("index"), int):
                index = min(max(note["index"], 0), len(part["text"]))
                before = PRIVATE_MARKS.sub("", part["text"][:index])
                marks.add(FileMark(len(text) + len(before), str(note["file_id"])))
        text += PRIVATE_MARKS.sub("", part["text"])
    return text, tuple(sorted(marks, key=lambda mark: (mark.index, mark.file_id)))


def _found(item: Json) -> Iterable[FoundText]:
    for result in item.get("results") or ():
        yield FoundText(
            file_id=str(result.get("file_id")),
            text=str(result.get("text") or ""),
            score=float(result.get("score") or 0.0),
        )
