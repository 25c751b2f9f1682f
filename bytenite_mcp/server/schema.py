"""JSON schemas of tools, in a form that all vendors' models accept, and as small as possible."""

from typing import Any

Schema = dict[str, Any]
"""A JSON Schema, or a part of one."""

_NOISE = ("title", "$defs")


def make_portable(schema: Schema) -> Schema:
    """Inline references, drop titles and null defaults, and refuse unknown members of the top-level object."""
    return _close(_inline(schema, schema.get("$defs", {})))


def _inline(schema: Any, definitions: Schema) -> Any:
    if isinstance(schema, list):
        return [_inline(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        schema = definitions[schema["$ref"].rpartition("/")[2]] | beside
    inlined = {
        keyword: _inline(value, definitions)
        for keyword, value in schema.items()
        if keyword not in _NOISE and not (keyword == "default" and value is None)
    }
    if isinstance(properties := schema.get("properties"), dict):
        # In `properties`, `title` would be the name of an argument.
        inlined["properties"] = {name: _inline(value, definitions) for name, value in properties.items()}
    return inlined


def _close(schema: Schema) -> Schema:
    return {"type": "object", "properties": {}, **schema, "additionalProperties": False}


def _make_answer_schema(**members: Schema) -> Schema:
    simulated = {"type": "boolean", "description": "Present when the data is made up"}
    return {"type": "object", "properties": {"simulated": simulated, **members}}


_INTEGER = {"type": "integer"}
_TEXT = {"type": "string"}
_RECORD = {"type": "object"}
"""A record is shown as received, so its members may have other types than documented."""

_TEXTS = {"type": "array", "items": _TEXT}
_CELL = {
    "anyOf": [
        _TEXT,
        {"type": "number"},
        {"type": "boolean"},
        {"type": "null"},
        _RECORD,
        {"type": "array"},
    ]
}
"""A value in any of DuckDB's types; lists may be nested."""

_FOUND: dict[str, Schema] = {
    "filters": {"type": "array", "items": _TEXT, "description": "The filters as they were understood"},
    "timezone": _TEXT,
    "evaluated": {"type": "string", "enum": ["api", "local"]},
    "why": _TEXT,
    "asOf": {"type": "string", "description": "When reading all jobs began, from which this is answered"},
    "partial": {"type": "boolean"},
    "note": _TEXT,
}
_STANDING: dict[str, Schema] = {
    "asOf": {"type": "string", "description": "When reading these jobs began"},
    "partial": {"type": "boolean"},
    "note": _TEXT,
}
_JOBS = _make_answer_schema(
    total=_INTEGER,
    offset=_INTEGER,
    count=_INTEGER,
    nextOffset={"type": "integer", "description": "Offset of the next page; absent on the last"},
    orderBy=_TEXT,
    jobs={"type": "array", "items": _RECORD},
    **_FOUND,
) | {"required": ["offset", "count", "jobs"]}

OUTPUT: dict[str, Schema] = {
    "get_job": _make_answer_schema(job=_RECORD, note=_TEXT) | {"required": ["job"]},
    "list_jobs": _JOBS,
    "filter_jobs": _JOBS,
    "summarize_jobs": _make_answer_schema(
        columns=_TEXTS,
        rows={
            "type": "array",
            "items": {"type": "array", "items": {"anyOf": [_TEXT, {"type": "number"}]}},
            "description": "All jobs first, then groups",
        },
        filters=_FOUND["filters"],
        timezone=_TEXT,
        **_STANDING,
    )
    | {"required": ["columns", "rows"]},
    "query_jobs": _make_answer_schema(
        asOf={"type": "string", "description": "When the jobs were read"},
        partial={"type": "boolean"},
        note=_TEXT,
        more={"type": "boolean", "description": "Present when there are more rows"},
        columns=_TEXTS,
        rows={"type": "array", "items": {"type": "array", "items": _CELL}},
    )
    | {"required": ["columns", "rows"]},
    "diagnose_job": _make_answer_schema(
        job=_RECORD,
        meaning=_TEXT,
        finding=_TEXT,
        nextStep=_TEXT,
        stages={"type": "array", "items": {"type": "object"}},
        sameTemplate={"type": "object"},
        log=_TEXTS,
        now={"type": "string", "description": "Up to when the time of unfinished jobs is counted"},
        total={"type": "integer", "description": "Without job_id, as are those below: all unfinished jobs"},
        count=_INTEGER,
        jobs={"type": "array", "items": _RECORD, "description": "The worst first"},
        **_STANDING,
    )
    | {"required": ["finding", "nextStep"]},
    "get_job_logs": _make_answer_schema(
        id=_TEXT,
        state=_TEXT,
        total=_INTEGER,
        matching=_INTEGER,
        shown=_INTEGER,
        nextBefore=_TEXT,
        note=_TEXT,
        lines=_TEXTS,
    )
    | {"required": ["total", "shown", "lines"]},
    "get_job_results": _make_answer_schema(
        id=_TEXT,
        state=_TEXT,
        total=_INTEGER,
        offset=_INTEGER,
        count=_INTEGER,
        nextOffset=_INTEGER,
        linksExpire=_TEXT,
        keptUntil=_TEXT,
        note=_TEXT,
        results={"type": "array", "items": {"type": "object", "properties": {"name": _TEXT, "link": _TEXT}}},
    )
    | {"required": ["count", "results"]},
    "wait_for_job": _make_answer_schema(
        reached={"type": "boolean"},
        waitedSeconds=_INTEGER,
        meaning=_TEXT,
        note=_TEXT,
        job=_RECORD,
        done={**_TEXTS, "description": "Ids of those that are finished, where several were asked for"},
        jobs={"type": "array", "items": _RECORD},
    )
    | {"required": ["reached"]},
}
"""The output schema of each tool."""
