"""The types of tools' arguments: their validation, and their descriptions for models."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args
from urllib.parse import unquote

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from bytenite_mcp.api.filters import Condition, Filter, Value
from bytenite_mcp.server.deadline import CALL_LIMIT
from bytenite_mcp.table.groups import Group
from bytenite_mcp.table.sql.run import LONGEST_SQL

T = TypeVar("T")

_TEXT = {"type": "string"}
_SCALARS = [_TEXT, {"type": "number"}, {"type": "boolean"}]
_VALUE_SCHEMA = {
    "anyOf": [*_SCALARS, {"type": "array", "items": {"anyOf": _SCALARS}}],
    "description": "A list only for IN, NOT_IN, ARRAY_CONTAINS_ANY",
}
_FILTER = 'such as {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "FAILED"}'
_INSTEAD = {
    **dict.fromkeys(("=", "==", "EQUALS"), "EQ"),
    **dict.fromkeys(("!=", "<>", "NOT_EQUALS"), "NEQ"),
    ">": "GT",
    ">=": "GTE",
    "<": "LT",
    "<=": "LTE",
    **dict.fromkeys(("IS_NULL", "NOT_EXISTS"), 'EQ with ""'),
    **dict.fromkeys(("IS_NOT_NULL", "EXISTS"), 'NEQ with ""'),
    "BETWEEN": "two filters, GTE and LT",
    "CONTAINS": "LIKE with % around the text, or ARRAY_CONTAINS for regions",
    "STARTS_WITH": "LIKE with % after the text",
    "ILIKE": "LIKE, which ignores case",
    **dict.fromkeys(("NOT_LIKE", "NOT_CONTAINS"), "query_jobs: name NOT ILIKE '%a%'"),
}
"""What to write instead of conditions of other languages."""


def drop_unset(arguments: Mapping[str, object]) -> dict[str, object]:
    """Drop arguments without a value: some hosts send all, those that are not used as null or ""."""
    return {name: value for name, value in arguments.items() if value not in (None, "")}


def _read_condition(value: object) -> object:
    """Read a condition with or without its prefix, in any case."""
    word = (
        str(value)[:100].strip().upper().replace(" ", "_").replace("-", "_").removeprefix("FILTER_CONDITION_")
    )
    if word in _INSTEAD:
        raise ValueError(f"instead of {word} use {_INSTEAD[word]}")
    if word not in Condition.__members__:
        raise ValueError(f"should be one of {', '.join(condition.value for condition in Condition)}")
    return Condition[word]


def _check_value(value: object) -> object:
    """Check the type of a value, because pydantic would report an error for each type of the union."""
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str | bool | int | float) for item in values):
        raise ValueError('should be a text, a number, true or false, or a list of these; "" means not set')
    if len(values) > 200 or any(isinstance(item, str) and len(item) > 1000 for item in values):
        raise ValueError("at most 200 values of at most 1,000 characters")
    return value


class FilterArgument(BaseModel):
    """One condition on one field."""

    model_config = ConfigDict(extra="forbid")

    field: Annotated[str, Field(min_length=1, max_length=200)]
    condition: Annotated[
        Condition,
        BeforeValidator(_read_condition),
        WithJsonSchema({"type": "string", "enum": [condition.value for condition in Condition]}),
    ]
    value: Annotated[Value, WithJsonSchema(_VALUE_SCHEMA), BeforeValidator(_check_value)]

    @model_validator(mode="before")
    @classmethod
    def _check_members(cls, given: object) -> object:
        """Refuse `{"state": "FAILED"}` in one error, instead of one for each member."""
        if isinstance(given, dict) and given and given.keys().isdisjoint(cls.model_fields):
            raise ValueError(f"should be {_FILTER}")
        return given

    def to_filter(self) -> Filter:
        """Convert to the API client's filter."""
        return Filter(field=self.field, condition=self.condition, value=self.value)


def _read_filters(value: object) -> object:
    """Read a list of filters, or a single one; some hosts send each filter as JSON in a string."""
    if isinstance(value, str):
        raise ValueError(f"should be a list of filters {_FILTER}")
    if isinstance(value, dict):
        value = [value]
    return [_decode(item) for item in value] if isinstance(value, list) else value


def _require_filter(filters: list[FilterArgument]) -> list[FilterArgument]:
    """Refuse an empty list, which some hosts fill in for a missing argument."""
    if not filters:
        raise ValueError("needs at least one filter; list_jobs lists all jobs")
    return filters


def _decode(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _wrap_in_list(value: object) -> object:
    """Wrap a single text in a list, and read a list that a host sends as JSON in a string."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _decode(value)
    if not isinstance(value, str | list):
        raise ValueError("should be a text or a list of texts")
    return [value] if isinstance(value, str) else value


def _drop_duplicates(items: list[T]) -> list[T]:
    return list(dict.fromkeys(items))


def _refuse_boolean(value: object) -> object:
    """Refuse true and false, which pydantic would convert to 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("should be a whole number")
    return value


_NOT_BOOLEAN = BeforeValidator(_refuse_boolean)


def _read_choice(value: object) -> object:
    """Read a choice in any case; a blank is none."""
    return (value.strip().upper().replace("WARNING", "WARN") or None) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _make_choice_schema(choices: Any) -> WithJsonSchema:
    """Make the schema of an optional choice, without null, which some vendors' models refuse."""
    return WithJsonSchema({"type": "string", "enum": list(get_args(choices))})


_EXAMPLE = (
    'Example: [{"field":"state","condition":"FILTER_CONDITION_EQ","value":"FAILED"},'
    '{"field":"createdAt","condition":"FILTER_CONDITION_GTE","value":"now-7d"}]'
)

_FilterList = Annotated[list[FilterArgument], BeforeValidator(_read_filters)]

Filters = Annotated[_FilterList, Field(max_length=20, description="As in filter_jobs")]
SomeFilters = Annotated[
    _FilterList,
    AfterValidator(_require_filter),
    Field(
        max_length=20,
        description="All must hold. Times: 2026-11-02, 2026-11, RFC 3339, or date maths (now-7d, now-1w/w); EQ with a "
        "day, week or month means all of it; without offset in `timezone`. LIKE: % and _, any case. "
        f"Dotted fields: config.isTestJob. {_EXAMPLE}",
    ),
]

_JOB_URI = "bytenite://jobs/"


def _read_id(value: object) -> object:
    """Read an id or a job's URI, without line breaks at its ends; an id itself may begin or end with a space."""
    if not isinstance(value, str):
        return value
    trimmed = value.strip("\r\n\t")
    return unquote(trimmed.removeprefix(_JOB_URI)) if trimmed.startswith(_JOB_URI) else trimmed


_ID = BeforeValidator(_read_id)

JobId = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[^/\\?#%]+$", description="An id from list_jobs"),
    _ID,
]
SomeJobId = Annotated[str, Field(max_length=200, pattern=r"^[^/\\?#%]*$"), _ID]
Limit = Annotated[int, Field(ge=1, le=100, description="Jobs in the answer"), _NOT_BOOLEAN]
JobIds = Annotated[
    list[JobId],
    BeforeValidator(_wrap_in_list),
    AfterValidator(_drop_duplicates),
    Field(min_length=1, max_length=20),
    WithJsonSchema(
        {
            "anyOf": [_TEXT, {"type": "array", "items": _TEXT, "maxItems": 20}],
            "description": "A job's id, or up to 20",
        }
    ),
]
OutputLimit = Annotated[int, Field(ge=1, le=100, description="Outputs in the answer"), _NOT_BOOLEAN]
Offset = Annotated[int, Field(ge=0, le=10_000_000, description="Take it from nextOffset"), _NOT_BOOLEAN]
OrderBy = Annotated[
    str, Field(max_length=200, description='A field and asc or desc, e.g. "duration desc"; else newest first')
]
Detail = Annotated[
    Literal["concise", "full"],
    BeforeValidator(_lower),
    Field(description="full: the whole record, secrets withheld"),
]

_GROUPS = [group.value for group in Group]
_BY_FOLDED_NAME = {name.lower(): name for name in _GROUPS} | {"template": "templateId", "regions": "region"}


def _read_group(value: object) -> object:
    """Read a group, or a field by the name that filters take."""
    name = _BY_FOLDED_NAME.get(str(value).strip().lower().replace("_", ""))
    if not name:
        raise ValueError(f"should be one of {', '.join(_GROUPS)}; query_jobs groups by anything else")
    return name


GroupBy = Annotated[
    list[Annotated[Group, BeforeValidator(_read_group)]],
    WithJsonSchema({"type": "array", "items": {"type": "string", "enum": _GROUPS}, "maxItems": 3}),
    Field(max_length=3, description="name, errorMessage: numbers as #"),
    BeforeValidator(_wrap_in_list),
    AfterValidator(_drop_duplicates),
]
Time = Annotated[Literal["createdAt", "startedAt", "endedAt"], Field(description="For hour to weekday")]
TimeZone = Annotated[str, Field(max_length=60, description="IANA name; else as set, or UTC")]
Ranking = Annotated[str, Field(max_length=200, description='A column, e.g. "byc" or "p95 asc"')]
GroupLimit = Annotated[
    int, Field(ge=1, le=100, description="Groups shown; others are combined"), _NOT_BOOLEAN
]

Sql = Annotated[str, Field(min_length=1, max_length=LONGEST_SQL)]
RowLimit = Annotated[int, Field(ge=1, le=200), _NOT_BOOLEAN]

_Services = Literal["PARTITIONER", "ASSEMBLER", "TASKRUNNER"]
_Levels = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "PANIC"]

Service = Annotated[_Services | None, BeforeValidator(_read_choice), _make_choice_schema(_Services)]
Level = Annotated[_Levels | None, BeforeValidator(_read_choice), _make_choice_schema(_Levels)]
Contains = Annotated[
    str, Field(max_length=200, description="Text in the line, or /RE2 expression/; any case")
]
ContextLines = Annotated[
    int, Field(ge=0, le=20, description="Lines of the same task around each match"), _NOT_BOOLEAN
]
Before = Annotated[
    str, Field(max_length=60, description="Only lines before this time; take it from nextBefore")
]
Tail = Annotated[int, Field(ge=1, le=500, description="Most lines, from the end"), _NOT_BOOLEAN]
TimeoutSeconds = Annotated[int, Field(ge=1, le=int(CALL_LIMIT)), _NOT_BOOLEAN]
