"""What each condition means for a record; the reference resource tells models the same.

An unset field (missing, null, "", {} or []) equals "", 0 and false, is neither greater nor less than
anything, matches no LIKE, and holds no element. Otherwise two values are compared as times where the
field is a time, as numbers where both are, as booleans where both are, and else as exact text; values
of different types are unequal and unordered. What is withheld is compared as it is shown.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.models import normalize_state
from bytenite_mcp.api.values import get_path, is_unset, to_nanoseconds, to_number
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.privacy.spans import WITHHELD
from bytenite_mcp.table.fields import FIELDS, Kind

Test = Callable[[Any], bool]


def compile_filters(filters: Iterable[Filter]) -> Callable[[CleanRecord], bool]:
    """Make one test of a record out of filters that are all to hold."""
    tests = [(_reader(one.field), compile_test(one)) for one in filters]
    return lambda record: all(test(value_of(record)) for value_of, test in tests)


def may_match_unseen(filters: Iterable[Filter], record: CleanRecord) -> bool:
    """Whether a record that does not match as it is shown could match as ByteNite sees it: something is withheld."""
    return any(WITHHELD in str(_reader(one.field)(record)) for one in filters)


def _reader(path: str) -> Callable[[CleanRecord], Any]:
    """Read a member; the times of states by any spelling of the state, as it is undocumented."""
    head, _, state = path.partition(".")
    if head != "stateTimestamps":
        return lambda record: get_path(record, path)

    def entered(record: CleanRecord) -> Any:
        times = record.get(head)
        spelt = times.items() if isinstance(times, Mapping) else ()
        return next((time for key, time in spelt if normalize_state(key) == state), None)

    return entered


def compile_test(one: Filter) -> Test:
    """Make a test of a field's value out of one filter."""
    kind = kind_of(one.field)
    operands = one.value if isinstance(one.value, list) else [one.value]
    match one.condition:
        case Condition.EQ | Condition.IN:
            return _equals_any(operands, kind)
        case Condition.NEQ | Condition.NOT_IN:
            equals = _equals_any(operands, kind)
            return lambda value: not equals(value)
        case Condition.ARRAY_CONTAINS | Condition.ARRAY_CONTAINS_ANY:
            equals = _equals_any(operands, Kind.FREE)
            return lambda value: isinstance(value, list) and any(map(equals, value))
        case Condition.LIKE:
            alike = like(str(operands[0]))
            return lambda value: isinstance(value, str) and value != "" and alike(value.casefold())
        case _:
            return _ordered(one.condition, operands[0], kind)


def kind_of(path: str) -> Kind:
    """Tell how the values of a field are compared."""
    if path.startswith("stateTimestamps."):
        return Kind.TIME
    return FIELDS[path].kind if path in FIELDS else Kind.FREE


def like(pattern: str) -> Callable[[str], bool]:
    """Make a test by SQL's `%` (any run) and `_` (any one character) for the whole of a casefolded text.

    The first place where a part between two `%` is found is the right one: the work is linear without `_`,
    and at most length x length with it.
    """
    first, *parts = pattern.casefold().split("%")
    if "_" in pattern:
        return _like_with_any_character(first, parts)
    if not parts:
        return first.__eq__
    *inner, last = parts
    least = len(first) + len(last)

    def alike(text: str) -> bool:
        if len(text) < least or not (text.startswith(first) and text.endswith(last)):
            return False
        position, end = len(first), len(text) - len(last)
        for part in inner:
            found = text.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return True

    return alike


def _like_with_any_character(first: str, parts: list[str]) -> Callable[[str], bool]:
    first, *parts = ("".join("." if c == "_" else re.escape(c) for c in part) for part in (first, *parts))
    inner = "".join(f"(?>.*?{part})" for part in parts[:-1] if part)
    compiled = re.compile(f"{first}{inner}.*{parts[-1]}" if parts else first, re.DOTALL)
    return lambda text: compiled.fullmatch(text) is not None


UNSORTABLE = (0, 0)
"""The key of a record that has nothing to be sorted by; it comes last."""


def sort_key(path: str) -> Callable[[CleanRecord], tuple[int, Any]]:
    """Make the key that puts records in the order of a field; `UNSORTABLE` where it is unset or unreadable."""
    kind, read_from = kind_of(path), _reader(path)

    def key(record: CleanRecord) -> tuple[int, Any]:
        value = read_from(record)
        if isinstance(value, bool):
            return (1, int(value))
        read = to_nanoseconds(value) if kind is Kind.TIME else to_number(value)
        if read is not None and kind is not Kind.TEXT:
            return (1, read)
        return (2, value) if isinstance(value, str) and value and kind is not Kind.TIME else UNSORTABLE

    return key


def _equals_any(operands: list[Any], kind: Kind) -> Test:
    comparers = [_equals(operand, kind) for operand in operands]
    return lambda value: any(equals(value) for equals in comparers)


def _equals(operand: Any, kind: Kind) -> Test:
    wanted = _comparable(operand, kind)
    unset_matches = operand in ("", 0) or (kind is Kind.NUMBER and wanted == 0)

    def equals(value: Any) -> bool:
        if is_unset(value):
            return unset_matches
        return wanted is not None and _meet(value, operand, wanted, kind, lambda a, b: bool(a == b))

    return equals


def _ordered(condition: Condition, operand: Any, kind: Kind) -> Test:
    wanted = _comparable(operand, kind)
    compare = _COMPARISONS[condition]

    def ordered(value: Any) -> bool:
        if is_unset(value) or wanted is None or isinstance(value, bool) or isinstance(operand, bool):
            return False
        return _meet(value, operand, wanted, kind, compare)

    return ordered


_COMPARISONS: dict[Condition, Callable[[Any, Any], bool]] = {
    Condition.GT: lambda a, b: a > b,
    Condition.GTE: lambda a, b: a >= b,
    Condition.LT: lambda a, b: a < b,
    Condition.LTE: lambda a, b: a <= b,
}


def _comparable(operand: Any, kind: Kind) -> Any:
    if kind is Kind.TIME:
        return to_nanoseconds(operand)
    return to_number(operand) if kind is Kind.NUMBER else operand


def _meet(value: Any, operand: Any, wanted: Any, kind: Kind, compare: Callable[[Any, Any], bool]) -> bool:
    """Bring both sides to one type and compare them; false where there is none."""
    if kind is Kind.TIME or kind is Kind.NUMBER:
        read = to_nanoseconds(value) if kind is Kind.TIME else to_number(value)
        return read is not None and compare(read, wanted)
    if isinstance(value, bool) or isinstance(operand, bool):
        yes, no = _boolean(value), _boolean(operand)
        return yes is not None and no is not None and compare(yes, no)
    if isinstance(value, str) and isinstance(operand, str):
        return compare(value, operand)
    one, other = to_number(value), to_number(operand)
    return one is not None and other is not None and compare(one, other)


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None
