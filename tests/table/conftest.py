"""What tests of the table share: an empty one, and one of jobs that they only read."""

from collections.abc import AsyncIterator

import pytest

from bytenite_mcp.table.store import Store
from tests.table.sql.ordinary_sql import hold_jobs


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store()
    yield store
    store.close()


@pytest.fixture(scope="module")
async def held() -> AsyncIterator[Store]:
    """Make a table once, because it takes longer than most queries; no test changes it."""
    store = Store()
    yield await hold_jobs(store)
    store.close()
