"""Values of any type in SQL: members of params, which users define, and elements of lists.

Two values are compared as numbers if both are numbers, as booleans if both are booleans, and otherwise as exact text.
"""

from dataclasses import dataclass
from typing import Any, Self

from bytenite_mcp.api.filters import Scalar
from bytenite_mcp.api.values import to_number
from bytenite_mcp.table.schema import write_unreadable

Sql = tuple[str, list[Any]]

_NUMBER_TYPES = "('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE')"
_SPELLS_NUMBER = r"regexp_full_match({0}, '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?')"


@dataclass(frozen=True, slots=True)
class Value:
    """A value in SQL.

    Attributes:
        kind: SQL of its JSON type; null if there is no value.
        text: SQL of its text, without quotation marks.
        unset: SQL of whether it is not set.
    """

    kind: str
    text: str
    unset: str

    @classmethod
    def in_params(cls, name: str) -> Self:
        """Make the member of `params` with a dotted name, which leads into objects only."""
        path = _path(name.partition(".")[2])
        kind, text = f"json_type(params, {path})", f"json_extract_string(params, {path})"
        empty = f"concat({kind}, {text}) IN ('NULL', 'VARCHAR', 'OBJECT{{}}', 'ARRAY[]')"
        return cls(kind, text, f"({kind} IS NULL AND NOT {write_unreadable('params')} OR {empty})")

    @classmethod
    def in_list(cls, element: str) -> Self:
        """Make an element of a list of texts."""
        return cls("'VARCHAR'", element, f"{element} = ''")

    @classmethod
    def in_array(cls, element: str) -> Self:
        """Make an element of a JSON array."""
        kind, text = f"json_type({element})", f"json_extract_string({element}, '$')"
        return cls(kind, text, f"concat({kind}, {text}) IN ('NULL', 'VARCHAR', 'OBJECT{{}}', 'ARRAY[]')")

    @property
    def number(self) -> str:
        """SQL of its value as a number, also if it is a text that spells one."""
        spelt = _SPELLS_NUMBER.format(self.text)
        return (
            f"CASE WHEN {self.kind} IN {_NUMBER_TYPES} OR {self.kind} = 'VARCHAR' AND {spelt} "
            f"THEN TRY_CAST({self.text} AS DOUBLE) END"
        )

    def equals(self, operand: Scalar) -> Sql:
        """Write the condition that it equals an operand."""
        unset = self.unset if operand in ("", 0) else "false"
        if isinstance(operand, bool):
            word = str(operand).lower()
            return f"{unset} OR {self.kind} IN ('BOOLEAN', 'VARCHAR') AND lower({self.text}) = '{word}'", []
        if not isinstance(operand, str):
            return f"{unset} OR {self.number} = ?", [operand]
        if operand.lower() in ("true", "false"):
            is_word = f"{self.kind} = 'BOOLEAN' AND {self.text} = '{operand.lower()}'"
            return f"{is_word} OR {self.kind} = 'VARCHAR' AND {self.text} = ?", [operand]
        clause, values = self._as_number("=", operand)
        return f"{unset} OR {clause} OR {self.kind} = 'VARCHAR' AND {self.text} = ?", [*values, operand]

    def is_ordered(self, sign: str, operand: Scalar) -> Sql:
        """Write the condition that it is greater or less than an operand; booleans have no order."""
        if isinstance(operand, bool):
            return "false", []
        if not isinstance(operand, str):
            return f"{self.number} {sign} ?", [operand]
        clause, values = self._as_number(sign, operand)
        is_text = f"{self.kind} = 'VARCHAR' AND {self.text} <> ''"
        return f"{clause} OR {is_text} AND {self.text} {sign} ?", [*values, operand]

    def _as_number(self, sign: str, operand: str) -> Sql:
        """Compare a number with a text that spells one."""
        number = to_number(operand)
        if number is None:
            return "false", []
        return f"{self.kind} IN {_NUMBER_TYPES} AND TRY_CAST({self.text} AS DOUBLE) {sign} ?", [number]

    def order_by(self, direction: str) -> str:
        """Write an order: numbers and booleans first, then texts, then anything else."""
        number = f"CASE {self.kind} WHEN 'BOOLEAN' THEN ({self.text} = 'true')::DOUBLE ELSE {self.number} END"
        text = f"CASE WHEN {self.kind} = 'VARCHAR' AND {self.number} IS NULL THEN nullif({self.text}, '') END"
        rank = f"CASE WHEN {number} IS NOT NULL THEN 1 WHEN {text} IS NOT NULL THEN 2 END"
        return ", ".join(f"{key} {direction} NULLS LAST" for key in (rank, number, text))


def _path(names: str) -> str:
    """Write a JSON path as an SQL string."""
    steps = [name.replace("\\", "\\\\").replace('"', '\\"').replace("'", "''") for name in names.split(".")]
    return "'$" + "".join(f'."{step}"' for step in steps) + "'"
