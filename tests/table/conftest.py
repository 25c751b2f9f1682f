"""What tests of the table share: an empty one."""

from collections.abc import AsyncIterator

import pytest

from bytenite_mcp.table.store import Store


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store()
    yield store
    store.close()
