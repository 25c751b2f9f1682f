"""The simulator's types of JSON."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""Any JSON value, as requests have them."""

Record: TypeAlias = dict[str, Any]
"""A JSON object that the simulator makes itself, such as a job."""
