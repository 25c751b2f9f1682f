"""Filters as ByteNite's API defines them [D]."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from bytenite_mcp.api.values import JsonObject

ANY_VALUE = "type.googleapis.com/google.protobuf.Value"

ENDED = "unknown with endedAt"
"""Stands for any undocumented state of a job that has an end time; the API's filters cannot express it."""

Scalar = str | bool | int | float
Value = Scalar | list[Scalar]


class Condition(StrEnum):
    """The eleven conditions [D]; ByteNite's examples show only EQ."""

    EQ = "FILTER_CONDITION_EQ"
    NEQ = "FILTER_CONDITION_NEQ"
    GT = "FILTER_CONDITION_GT"
    GTE = "FILTER_CONDITION_GTE"
    LT = "FILTER_CONDITION_LT"
    LTE = "FILTER_CONDITION_LTE"
    ARRAY_CONTAINS = "FILTER_CONDITION_ARRAY_CONTAINS"
    ARRAY_CONTAINS_ANY = "FILTER_CONDITION_ARRAY_CONTAINS_ANY"
    IN = "FILTER_CONDITION_IN"
    NOT_IN = "FILTER_CONDITION_NOT_IN"
    LIKE = "FILTER_CONDITION_LIKE"

    @property
    def short(self) -> str:
        """The condition without its prefix."""
        return self.removeprefix("FILTER_CONDITION_")

    @property
    def takes_list(self) -> bool:
        """Whether the value is a list [I]."""
        return self in (Condition.IN, Condition.NOT_IN, Condition.ARRAY_CONTAINS_ANY)

    @property
    def orders(self) -> bool:
        """Whether it compares with greater or less."""
        return self in (Condition.GT, Condition.GTE, Condition.LT, Condition.LTE)


class Filter(BaseModel):
    """One condition on one field; several filters are ANDed [I]."""

    model_config = ConfigDict(frozen=True)

    field: str = Field(min_length=1)
    condition: Condition
    value: Value

    @property
    def is_exact(self) -> bool:
        """Whether the API's JSON can express the whole filter."""
        return not (self.field == "state" and isinstance(self.value, list) and ENDED in self.value)

    def to_wire(self) -> JsonObject:
        """Convert to the API's JSON, where the value is a protobuf Any [D]; leave out what it cannot express."""
        value = self.value
        if isinstance(value, list) and not self.is_exact:
            value = [state for state in value if state != ENDED]
        return {
            "field": self.field,
            "condition": self.condition.value,
            "value": {"@type": ANY_VALUE, "value": value},
        }
