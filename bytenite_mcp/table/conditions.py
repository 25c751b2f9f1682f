"""Filters and orders as DuckDB's SQL over the table; values are parameters.

An unset field equals "", 0 and false (a text only ""), is neither greater nor less than anything, matches no LIKE, and
contains no element; a value that does not have its field's type equals nothing. Times have microseconds. A filter's
time without a fraction means its whole second, so that a time as shown finds its job again.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from bytenite_mcp.api.filters import ENDED, Condition, Filter, Scalar
from bytenite_mcp.api.models import STATE_PREFIX
from bytenite_mcp.privacy.spans import WITHHELD
from bytenite_mcp.privacy.walk import TOO_DEEP
from bytenite_mcp.table.fields import FIELDS, Field, Kind
from bytenite_mcp.table.json_value import Sql, Value
from bytenite_mcp.table.order import Order
from bytenite_mcp.table.schema import HAS_ENDED, entered_at, write_unreadable

_NEVER_CUT = {"id", "templateId", "appId"}
"""Text fields from which redaction never cuts a part."""

_SIGNS = {Condition.GT: ">", Condition.GTE: ">=", Condition.LT: "<", Condition.LTE: "<="}
_PREFIXES = {Kind.STATE: "JOB_STATE_", Kind.PRIORITY: "EXECUTION_PRIORITY_"}
_TO_THE_NEXT_SECOND = timedelta(microseconds=999_999)
_BY_CREATION = "createdAt DESC NULLS LAST"
_NEWEST_FIRST = f"{_BY_CREATION}, id NULLS LAST, number"


def write_where(filters: Iterable[Filter]) -> Sql:
    """Write the condition that all filters hold; these must come from `understand`."""
    clauses, values = ["true"], []
    for given in filters:
        clause, parameters = _condition(given)
        clauses.append(f"({clause})")
        values += parameters
    return " AND ".join(clauses), values


def write_order(order: Order) -> str:
    """Write an ORDER BY: unset values last; equal rows, and all rows without an order, newest first."""
    return f"{write_keys(order)}, {_NEWEST_FIRST}"


def write_keys(order: Order) -> str:
    """Write the sort keys of the order only, without one for equal rows."""
    if not order.field:
        return _BY_CREATION
    field, direction = _field(order.field), order.direction.upper()
    if field.kind is Kind.FREE:
        return Value.in_params(field.name).order_by(direction)
    return f"{_column(field)} {direction} NULLS LAST"


def write_hidden(name: str) -> str:
    """Write the condition that a part of a field's value is withheld, or was not read and so may hold a secret.

    Of `params` the whole counts, because an API may read a path otherwise: `args.1` as an item of a list.
    """
    value = "params" if _field(name).kind is Kind.FREE else f"({write_shown(name)})::VARCHAR"
    marks = [f"contains({value}, '{mark}')" for mark in (WITHHELD, TOO_DEEP)]
    return " OR ".join([*marks, write_unreadable(column_of(name))])


def may_be_withheld(name: str) -> bool:
    """Whether a field may have texts of which a part is withheld."""
    return kind_of(name) in (Kind.TEXT, Kind.LIST, Kind.FREE) and name not in _NEVER_CUT


def write_shown(name: str) -> str:
    """Write the value of a resolved field as it is shown: times to the second, params as JSON."""
    field = _field(name)
    if field.kind is Kind.FREE:
        return Value.in_params(name).kind.replace("json_type", "json_extract", 1)
    column = _column(field)
    if field.kind is Kind.STATE:
        return f"'{STATE_PREFIX}' || {column}"
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')" if field.kind is Kind.TIME else column


def kind_of(name: str) -> Kind:
    """Return the kind of a resolved field; members of params are free."""
    return _field(name).kind


def column_of(name: str) -> str:
    """Name the column of a resolved field, as in `unreadable`."""
    head = name.partition(".")[0]
    return FIELDS[name].in_sql if name in FIELDS else {"stateTimestamps": "stages"}.get(head, head)


def _field(name: str) -> Field:
    if name in FIELDS:
        return FIELDS[name]
    return Field(name, Kind.TIME if name.startswith("stateTimestamps.") else Kind.FREE, "")


def _column(field: Field) -> str:
    head, _, state = field.name.partition(".")
    return entered_at(f"'{state}'") if head == "stateTimestamps" else field.in_sql


def _condition(given: Filter) -> Sql:
    field = _field(given.field)
    operands = given.value if isinstance(given.value, list) else [given.value]
    match given.condition:
        case Condition.EQ | Condition.IN:
            return _any(_equals(field, operand) for operand in operands)
        case Condition.NEQ | Condition.NOT_IN:
            clause, values = _any(_equals(field, operand) for operand in operands)
            return f"({clause}) IS NOT TRUE", values
        case Condition.LIKE:
            return _like(field, str(operands[0]))
        case Condition.ARRAY_CONTAINS | Condition.ARRAY_CONTAINS_ANY:
            return _contains(field, operands)
    return _ordered(field, given.condition, operands[0])


def _any(clauses: Iterable[Sql]) -> Sql:
    written, values = ["false"], []
    for clause, parameters in clauses:
        written.append(f"({clause})")
        values += parameters
    return " OR ".join(written), values


def _equals(field: Field, operand: Scalar) -> Sql:
    if field.kind is Kind.FREE:
        return Value.in_params(field.name).equals(operand)
    if operand == "":
        return _unset(field), []
    if operand == ENDED and field.kind is Kind.STATE:
        return HAS_ENDED, []
    if field.kind is Kind.TIME:
        first, last = _span(operand)
        return f"{_column(field)} BETWEEN ? AND ?", [first, last]
    if isinstance(operand, str):
        operand = operand.removeprefix(_PREFIXES.get(field.kind, ""))
    return f"{field.in_sql} = ?" if operand else f"{field.in_sql} = ? OR {_unset(field)}", [operand]


def _unset(field: Field) -> str:
    column = "stages" if field.name.startswith("stateTimestamps.") else field.in_sql
    return f"{_column(field)} IS NULL AND NOT {write_unreadable(column)}"


def _span(written: Scalar) -> tuple[datetime, datetime]:
    """Return the first and the last microsecond of a filter's time."""
    first = datetime.fromisoformat(str(written))
    return first, first if first.microsecond else first + _TO_THE_NEXT_SECOND


def _ordered(field: Field, condition: Condition, operand: Scalar) -> Sql:
    sign = _SIGNS[condition]
    if field.kind is Kind.FREE:
        return Value.in_params(field.name).is_ordered(sign, operand)
    if operand == "" and field.kind is not Kind.TEXT:
        return "false", []
    if field.kind is Kind.TIME:
        first, last = _span(operand)
        return f"{_column(field)} {sign} ?", [last if condition in (Condition.GT, Condition.LTE) else first]
    return f"{field.in_sql} {sign} ?", [operand]


def _like(field: Field, pattern: str) -> Sql:
    """Match the whole text with a regular expression, which takes linear time for any pattern, unlike LIKE."""
    expression = "".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in _without_sharp_s(pattern))
    if field.kind is Kind.FREE:
        value = Value.in_params(field.name)
        text = f"CASE WHEN {value.kind} = 'VARCHAR' THEN nullif({value.text}, '') END"
    else:
        text = field.in_sql
    texts = [text, *(f"'{prefix}' || {text}" for kind, prefix in _PREFIXES.items() if kind is field.kind)]
    return _any(
        (f"regexp_full_match(replace(replace({text}, 'ß', 'ss'), 'ẞ', 'ss'), ?)", [f"(?is){expression}"])
        for text in texts
    )


def _without_sharp_s(text: str) -> str:
    """Replace ß by ss: it has two capital forms, so comparing without case needs one spelling."""
    return text.replace("ß", "ss").replace("ẞ", "ss")


def _contains(field: Field, operands: Iterable[Scalar]) -> Sql:
    if field.kind is Kind.FREE:
        value = Value.in_params(field.name)
        path = value.kind.removeprefix("json_type")
        elements = f"CASE {value.kind} WHEN 'ARRAY' THEN json_extract{path}::JSON[] END"
        clause, values = _any(Value.in_array("element").equals(operand) for operand in operands)
    else:
        elements = field.in_sql
        clause, values = _any(Value.in_list("element").equals(operand) for operand in operands)
    return f"len(list_filter({elements}, lambda element: {clause})) > 0", values
