"""Which documents, pages and metadata a query or search may read, as a request says it."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from ai_llm_service.domain import Filters, Json, MetadataFilter, Operator
from ai_llm_service.errors import InvalidRequest

MAX_ENTRIES = 50
MAX_KEY_CHARACTERS = 100
MAX_VALUE_CHARACTERS = 1000
MAX_LISTED = 1000
LISTS = {Operator.IN, Operator.NIN}
METADATA_FIELD = "metadata"

Conditions = tuple[MetadataFilter, ...]


def _refused(message: str) -> PydanticCustomError:
    return PydanticCustomError("not_accepted", "{reason}", {"reason": message})


def _is_value(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_VALUE_CHARACTERS
    return isinstance(value, bool | int | float) and value == value  # noqa: PLR0124 - not NaN


def _to_conditions(given: Any) -> Conditions:
    if not isinstance(given, dict) or len(given) > MAX_ENTRIES:
        raise _refused(f"Give an object of at most {MAX_ENTRIES} keys.")
    return tuple(
        _to_condition(str(key), name, value)
        for key, wanted in given.items()
        for name, value in (wanted if isinstance(wanted, dict) else {"eq": wanted}).items()
    )


def _to_condition(key: str, name: str, value: Any) -> MetadataFilter:
    if name not in set(Operator):
        raise _refused(f"{key}: an operator is one of {', '.join(Operator)}.")
    operator = Operator(name)
    if operator in LISTS:
        if not isinstance(value, list) or len(value) > MAX_LISTED or not all(map(_is_value, value)):
            raise _refused(f"{key}: {name} takes a list of texts, numbers, true or false.")
        return MetadataFilter(key, operator, tuple(value))
    if not _is_value(value):
        raise _refused(f"{key}: {name} takes a text, a number, true or false.")
    return MetadataFilter(key, operator, value)


def _check_pages(pages: Any) -> Any:
    good = (
        isinstance(pages, list)
        and len(pages) == 2
        and all(isinstance(page, int) and not isinstance(page, bool) for page in pages)
        and 1 <= pages[0] <= pages[1]
    )
    if not good:
        raise _refused("Give the first and the last page, from 1: [3, 7].")
    return tuple(pages)


class FilterBody(BaseModel):
    """What may be read; left out, all of the session."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "examples": [{"pages": [3, 7], "metadata": {"year": {"gte": 2020}, "kind": "report"}}]
        },
    )

    document_ids: list[str] = Field(
        default_factory=list, max_length=MAX_LISTED, description="These documents alone."
    )
    pages: Annotated[tuple[int, int] | None, BeforeValidator(_check_pages)] = Field(
        None, description="The first and the last page or slide; documents without are left out."
    )
    metadata: Annotated[Any, AfterValidator(_to_conditions)] = Field(
        default_factory=dict,
        description="Conditions on the metadata of the upload: a value, or operators with values:"
        " eq, ne, gt, gte, lt, lte, in, nin.",
    )

    def to_filters(self) -> Filters:
        conditions: Conditions = self.metadata or ()
        return Filters(tuple(self.document_ids), self.pages, conditions)


def read_metadata(text: str | None) -> Json:
    """The metadata in a form's field, which holds it as a flat JSON object."""
    if text is None or not text.strip():
        return {}
    try:
        given: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        sentence = f"The field {METADATA_FIELD!r} is not valid JSON."
        raise InvalidRequest(sentence, field=METADATA_FIELD) from error
    if not isinstance(given, dict) or len(given) > MAX_ENTRIES:
        sentence = f"Give an object of at most {MAX_ENTRIES} keys."
        raise InvalidRequest(sentence, field=METADATA_FIELD)
    for key, value in given.items():
        if len(key) > MAX_KEY_CHARACTERS or "\0" in key or not _is_value(value):
            sentence = "Each value is a short text, a number, true or false."
            raise InvalidRequest(sentence, field=METADATA_FIELD)
        if isinstance(value, str) and "\0" in value:
            sentence = "A value holds a character that no text has."
            raise InvalidRequest(sentence, field=METADATA_FIELD)
    return dict(given)
