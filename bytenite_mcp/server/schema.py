"""JSON schemas of tools, in a form that all vendors' models accept, and as small as possible."""

from typing import Any

Schema = dict[str, Any]
"""A JSON Schema, or a part of one."""

_NOISE = ("title", "$defs")


def make_portable(schema: Schema) -> Schema:
    """Inline references, drop titles, docstrings and null defaults, and refuse unknown members of the whole."""
    inlined = _inline(schema, schema.get("$defs", {}))
    return {"type": "object", "properties": {}, **inlined, "additionalProperties": False}


def _inline(schema: Any, definitions: Schema) -> Any:
    if isinstance(schema, list):
        return [_inline(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        definition = definitions[schema["$ref"].rpartition("/")[2]]
        # Its description is a docstring, written for readers of the code.
        schema = {
            keyword: value for keyword, value in definition.items() if keyword != "description"
        } | beside
    inlined = {
        keyword: _inline(value, definitions)
        for keyword, value in schema.items()
        if keyword not in _NOISE and not (keyword == "default" and value is None)
    }
    if isinstance(properties := schema.get("properties"), dict):
        # In `properties`, `title` would be the name of an argument.
        inlined["properties"] = {name: _inline(value, definitions) for name, value in properties.items()}
    return inlined


def _answer(required: list[str], **members: Schema) -> Schema:
    """Make the schema of an answer; any answer may be labelled as simulated."""
    simulated = {"type": "boolean", "description": "Present when the data is made up"}
    return {"type": "object", "properties": {"simulated": simulated, **members}, "required": required}


_INTEGER = {"type": "integer"}
_BOOLEAN = {"type": "boolean"}
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_RECORD = {"type": "object"}
"""A record is shown as received, so its members may have other types than documented."""

_RECORDS = {"type": "array", "items": _RECORD}
_LABEL_OR_NUMBER = {"anyOf": [_TEXT, {"type": "number"}]}
_SQL_VALUE = {
    "anyOf": [_TEXT, {"type": "number"}, _BOOLEAN, {"type": "null"}, _RECORD, {"type": "array"}],
}
"""A value in any of DuckDB's types; lists may be nested."""

_FILTERS = {**_TEXTS, "description": "The filters as understood"}
_STATUS: dict[str, Schema] = {
    "asOf": {"type": "string", "description": "When reading these jobs began"},
    "partial": _BOOLEAN,
    "note": _TEXT,
}
_PAGE: dict[str, Schema] = {"total": _INTEGER, "offset": _INTEGER, "count": _INTEGER}
_JOBS = _answer(
    ["offset", "count", "jobs"],
    **_PAGE,
    nextOffset={"type": "integer", "description": "Offset of the next page; absent on the last"},
    orderBy=_TEXT,
    jobs=_RECORDS,
    filters=_FILTERS,
    timezone=_TEXT,
    evaluated={"type": "string", "enum": ["api", "local"]},
    why=_TEXT,
    **_STATUS,
)

OUTPUT: dict[str, Schema] = {
    "get_job": _answer(["job"], job=_RECORD, note=_TEXT),
    "list_jobs": _JOBS,
    "filter_jobs": _JOBS,
    "summarize_jobs": _answer(
        ["columns", "rows"],
        columns=_TEXTS,
        rows={
            "type": "array",
            "items": {"type": "array", "items": _LABEL_OR_NUMBER},
            "description": "All jobs first, then groups",
        },
        filters=_FILTERS,
        timezone=_TEXT,
        **_STATUS,
    ),
    "query_jobs": _answer(
        ["columns", "rows"],
        **_STATUS,
        more={"type": "boolean", "description": "Present when there are more rows"},
        columns=_TEXTS,
        rows={"type": "array", "items": {"type": "array", "items": _SQL_VALUE}},
    ),
    "diagnose_job": _answer(
        ["finding", "nextStep"],
        job=_RECORD,
        meaning=_TEXT,
        finding=_TEXT,
        nextStep=_TEXT,
        stages=_RECORDS,
        sameTemplate=_RECORD,
        log=_TEXTS,
        now={"type": "string", "description": "Until when the time of an unfinished job is counted"},
        total={"type": "integer", "description": "Without job_id: the number of unfinished jobs"},
        count=_INTEGER,
        jobs={**_RECORDS, "description": "Without job_id: the worst first"},
        **_STATUS,
    ),
    "get_job_logs": _answer(
        ["total", "shown", "lines"],
        id=_TEXT,
        state=_TEXT,
        total=_INTEGER,
        matching=_INTEGER,
        shown=_INTEGER,
        nextBefore=_TEXT,
        timezone=_TEXT,
        note=_TEXT,
        lines=_TEXTS,
    ),
    "get_job_results": _answer(
        ["count", "results"],
        id=_TEXT,
        state=_TEXT,
        **_PAGE,
        nextOffset=_INTEGER,
        linksExpire=_TEXT,
        keptUntil=_TEXT,
        note=_TEXT,
        results={"type": "array", "items": {"type": "object", "properties": {"name": _TEXT, "link": _TEXT}}},
    ),
    "wait_for_job": _answer(
        ["reached"],
        reached=_BOOLEAN,
        waitedSeconds=_INTEGER,
        meaning=_TEXT,
        note=_TEXT,
        job=_RECORD,
        done={**_TEXTS, "description": "Ids of the finished jobs, if several were asked for"},
        jobs=_RECORDS,
    ),
}
"""The output schema of each tool."""
