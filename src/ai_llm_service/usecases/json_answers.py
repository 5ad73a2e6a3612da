"""JSON by a caller's schema: checked at the door, asked for, validated, repaired at most once."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import regex
from jsonschema import Draft202012Validator, SchemaError
from jsonschema import ValidationError as NotMet
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from ai_llm_service.domain import Generation, Json
from ai_llm_service.errors import InvalidRequest, SchemaNotMet
from ai_llm_service.providers.base import ChatModel, Message, Prompt

FIELD = "response_schema"
MAX_SCHEMA_CHARACTERS = 100_000
MAX_FAULT_CHARACTERS = 300
PATTERN_SECONDS = 0.5
LEAST_SECONDS = 1.0

RULES = """\
Answer with JSON alone, without a word or a fence around it. It must meet this JSON Schema:
{schema}"""
REPAIR = """\
That is not accepted: {fault}
Answer again, with the whole JSON alone, so that it meets the schema."""

_FENCE = re.compile(r"(?ims)^[ \t]*```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```[ \t]*$")
# What OpenAI's hosted search leaves in the text of JSON.
_MARKS = re.compile("\ue200.*?\ue201|[\ue200-\ue202]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """JSON that meets the schema, and the generation that it was read from."""

    value: Any
    generation: Generation
    repaired: bool = False


def _match_pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[NotMet]:
    """A caller's pattern runs in our process, so it gets little time."""
    if not isinstance(instance, str):
        return
    try:
        found = regex.search(pattern, instance, timeout=PATTERN_SECONDS)
    except TimeoutError:
        yield NotMet("its pattern takes too long to match")
        return
    if not found:
        yield NotMet(f"does not match {pattern!r}")


_Checker = extend(Draft202012Validator, {"pattern": _match_pattern})  # type: ignore[no-untyped-call]


def check_schema(schema: Json) -> None:
    """InvalidRequest unless answers can be held to this schema, here and without the network."""
    try:
        if len(json.dumps(schema)) > MAX_SCHEMA_CHARACTERS:
            _refuse(f"The schema is longer than {MAX_SCHEMA_CHARACTERS} characters.")
        Draft202012Validator.check_schema(schema)
        _refuse_what_is_not_ours(schema)
    except SchemaError as error:
        _refuse(f"This is no JSON Schema: {error.json_path}: {_short(error.message)}")
    except RecursionError:
        _refuse("The schema is nested too deeply.")


def _refuse_what_is_not_ours(part: Any) -> None:
    if isinstance(part, list):
        for each in part:
            _refuse_what_is_not_ours(each)
    if not isinstance(part, dict):
        return
    reference = part.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#"):
        _refuse("A $ref may only point into the schema itself, such as #/$defs/name.")
    if isinstance(part.get("patternProperties"), dict):
        _refuse("patternProperties is not supported.")
    pattern = part.get("pattern")
    if isinstance(pattern, str):
        _compile(pattern)
    for each in part.values():
        _refuse_what_is_not_ours(each)


def _compile(pattern: str) -> None:
    try:
        regex.compile(pattern)
    except regex.error:
        _refuse("A pattern of the schema is no regular expression.")


def _refuse(message: str) -> None:
    raise InvalidRequest(message, field=FIELD)


def with_schema(prompt: Prompt, schema: Json) -> Prompt:
    """The prompt that asks for JSON by the schema; models that can be held to it are."""
    rules = Message("system", RULES.format(schema=json.dumps(schema, ensure_ascii=False)))
    leading = [each for each in prompt.messages if each.role == "system"]
    others = [each for each in prompt.messages if each.role != "system"]
    options = replace(prompt.options, response_schema=schema)
    return replace(prompt, messages=(*leading, rules, *others), options=options)


def generate_json(
    model: ChatModel, prompt: Prompt, schema: Json, timeout_seconds: float
) -> JsonAnswer:
    """Ask for JSON by the schema; once more with what was wrong; then SchemaNotMet."""
    give_up_at = time.monotonic() + timeout_seconds
    asked = with_schema(prompt, schema)
    first = model.generate(asked, timeout_seconds)
    value, fault = read_json(first, schema)
    if fault is None:
        return JsonAnswer(value, first)
    again = (Message("assistant", first.text), Message("user", REPAIR.format(fault=fault)))
    left = max(LEAST_SECONDS, give_up_at - time.monotonic())
    second = model.generate(replace(asked, messages=(*asked.messages, *again)), left)
    value, fault = read_json(second, schema)
    if fault is None:
        return JsonAnswer(value, second, repaired=True)
    raise SchemaNotMet(
        f"The model's answer does not meet the schema, also when asked again: {fault}"
    )


def read_json(generation: Generation, schema: Json) -> tuple[Any, str | None]:
    """The value, or what is wrong with it in a sentence."""
    try:
        value = json.loads(_bare(generation.text), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        cut = " It was cut off at the most that it may write." if generation.truncated else ""
        return None, f"it is no valid JSON.{cut}"
    try:
        error = next(_Checker(schema, registry=Registry()).iter_errors(value), None)
    except (RecursionError, Unresolvable):
        return None, "the schema's references lead nowhere."
    return (value, None) if error is None else (None, f"{error.json_path}: {_short(error.message)}")


def _bare(text: str) -> str:
    """Without the fence, what is said around it, and the marks that some servers leave."""
    plain = _MARKS.sub("", text)
    fenced = _FENCE.findall(plain)
    # Of several blocks nobody knows which one is meant.
    return fenced[0] if len(fenced) == 1 else plain


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _short(message: str) -> str:
    whole = " ".join(message.split())
    return whole if len(whole) <= MAX_FAULT_CHARACTERS else f"{whole[:MAX_FAULT_CHARACTERS]}…"
