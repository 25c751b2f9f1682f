"""A log that is too large is fetched in parts, and what is still too large is named."""

from collections.abc import Sequence
from typing import Any

import pytest

from bytenite_mcp.api.errors import NotFound, TooLarge
from bytenite_mcp.api.logs import fetch_log
from bytenite_mcp.api.models import LogLevel, LogService

pytestmark = pytest.mark.anyio

SERVICES = {service.lower(): service for service in LogService}


class Log:
    """A log whose answers hold at most so many lines, in which every line has its service and level."""

    def __init__(self, most: int, **lines: list[LogLevel]) -> None:
        self.most, self.lines, self.asked = most, lines, 0

    async def ask(
        self, _: str, *, levels: Sequence[LogLevel] = (), services: Sequence[LogService] = tuple(LogService)
    ) -> dict[str, Any]:
        self.asked += 1
        found = {
            name: [level for level in lines if not levels or level in levels]
            for name, lines in self.lines.items()
            if SERVICES[name] in services
        }
        if sum(map(len, found.values())) > self.most:
            raise TooLarge("bytenite.test", "more than it should")
        return dict(found)


INFO, WARN, ERROR, UNKNOWN = LogLevel.INFO, LogLevel.WARN, LogLevel.ERROR, LogLevel.UNKNOWN


async def test_a_log_that_fits_is_asked_for_once() -> None:
    log = Log(10, partitioner=[INFO] * 4, assembler=[ERROR])
    assert await fetch_log(log.ask, "a") == ({"partitioner": [INFO] * 4, "assembler": [ERROR]}, [])
    assert log.asked == 1


async def test_services_that_fit_one_by_one_are_whole() -> None:
    log = Log(3, partitioner=[INFO] * 3, assembler=[WARN] * 3, taskrunner=[UNKNOWN])
    lines, left_out = await fetch_log(log.ask, "a")
    assert lines == log.lines
    assert left_out == []


async def test_of_a_service_that_is_too_large_the_severe_lines_are_kept_and_the_rest_is_named() -> None:
    log = Log(3, partitioner=[INFO] * 9 + [WARN, UNKNOWN], assembler=[INFO, WARN, WARN, WARN, ERROR])
    lines, left_out = await fetch_log(log.ask, "a")
    assert lines == {"partitioner": [WARN, UNKNOWN], "assembler": [ERROR], "taskrunner": None}
    assert left_out == ["PARTITIONER below WARN", "ASSEMBLER below ERROR and without a level"]


async def test_a_service_that_is_too_large_in_every_part_is_named_alone() -> None:
    log = Log(2, partitioner=[ERROR] * 9, assembler=[INFO])
    lines, left_out = await fetch_log(log.ask, "a")
    assert lines == {"assembler": [INFO], "taskrunner": None}
    assert left_out == ["PARTITIONER"]


async def test_where_every_part_is_too_large_there_is_none() -> None:
    log = Log(-1)
    with pytest.raises(TooLarge):
        await fetch_log(log.ask, "a")


async def test_another_failure_is_raised() -> None:
    async def ask(_: str) -> dict[str, Any]:
        raise NotFound(404)

    with pytest.raises(NotFound):
        await fetch_log(ask, "a")
