"""Jobs that are requested again by their ids."""

from typing import Any

import httpx
import pytest

from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.table.by_id import filter_by_ids
from tests.conftest import answering, client_to

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("odd", [[], ["a"], {}, {"a": 1}, 7, None, True])
async def test_rows_whose_id_is_not_a_text_are_ignored(odd: Any) -> None:
    page = {
        "data": [{"id": odd, "name": "odd"}, {"id": "a", "name": "asked for"}],
        "pagination": {"total": 2},
    }
    api = answering(lambda _: httpx.Response(200, json=page))
    async with client_to(api) as client:
        found = await filter_by_ids(CleanClient(client), ["a", "b"], 100)
    assert [record["name"] for record in found] == ["asked for"]
