"""Requests are parsed strictly: what is unknown or malformed is refused."""

from typing import Any

import pytest

from tests.simulator.conftest import VALUE, Asker, refused

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "query",
    [
        {"pagination.limit": "-1"}, {"pagination.limit": "ten"}, {"pagination.offset": "1.5"}, {"limit": "5"},
        {"orderBy": "nope"}, {"orderBy": "createdAt down"}, {"orderBy": "-createdAt"}, {"orderBy": "config."},
    ],
)  # fmt: skip
async def test_a_bad_query_is_refused(asker: Asker, query: Any) -> None:
    assert refused(await asker.get("jobs", **query), 400, 3)


GOOD = {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": {"@type": VALUE, "value": "x"}}


@pytest.mark.parametrize(
    "body",
    [
        [], "text", None, {"filter": []}, {"filters": {}}, {"orderBy": 1}, {"pagination": []},
        {"pagination": {"limit": True}}, {"pagination": {"limit": "5"}}, {"pagination": {"offset": -1}},
        {"filters": [GOOD | {"condition": "EQ"}]}, {"filters": [GOOD | {"field": "nope"}]},
        {"filters": [GOOD | {"value": "x"}]}, {"filters": [GOOD | {"value": {"value": "x"}}]},
        {"filters": [GOOD | {"value": {"@type": "type.googleapis.com/google.protobuf.Any", "value": 1}}]},
        {"filters": [{"field": "state"}]}, {"filters": ["state"]}, {"filters": [GOOD | {"extra": 1}]},
    ],
)  # fmt: skip
async def test_a_bad_body_is_refused(asker: Asker, body: Any) -> None:
    assert refused(await asker.post("jobs/filter", body), 400, 3)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b'{"orderBy":"\\ud800"}', b'{"x":NaN}', b"[" * 100_000])
async def test_what_is_not_json_is_refused(asker: Asker, raw: Any) -> None:
    assert refused(await asker.http.post("customer/jobs/filter", content=raw), 400, 3)


async def test_an_empty_body_is_every_job(asker: Asker) -> None:
    assert (await asker.post("jobs/filter", {})).json() == (await asker.get("jobs")).json()
