"""The reference for models: it tells of all that the code knows."""

import re

import pytest

from bytenite_mcp.api.filters import Condition
from bytenite_mcp.api.models import STATE_MEANING
from bytenite_mcp.server.reference import write_reference
from bytenite_mcp.table.fields import EVERY_FIELD, FIELDS
from tests.server.conftest import Asker, both_eras
from tests.server.test_resources import read

pytestmark = pytest.mark.anyio


@both_eras
async def test_the_reference_tells_every_state_field_and_condition(asker: Asker) -> None:
    content = await read(asker, "bytenite://reference")
    assert content.mime_type == "text/markdown"
    for state, meaning in STATE_MEANING.items():
        assert f"- {state.value}: {meaning}" in content.text
    for field in FIELDS.values():
        assert f"- {field.name} ({field.kind.value}): {field.meaning}" in content.text
    for condition in Condition:
        assert re.search(rf"\b{condition.short}\b", content.text)


def test_every_column_of_queries_is_named() -> None:
    reference = write_reference()
    for field in EVERY_FIELD:
        assert not field.shown or re.search(rf"\b{field.in_sql}\b", reference), field.in_sql
