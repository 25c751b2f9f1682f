"""The captured records agree with the files they came from."""

import json
from typing import Any

import pytest

from bytenite_mcp.simulator.world import read_captured
from tests.conftest import WIRE
from tests.simulator.conftest import Asker

pytestmark = pytest.mark.anyio


def wire(number: str) -> dict[str, Any]:
    (file,) = WIRE.glob(f"{number}_*.json")
    sample: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return sample


def test_the_shipped_records_are_those_of_the_wire_files() -> None:
    shipped = {answer["file"][:2]: answer["response"] for answer in read_captured()}
    assert shipped == {number: wire(number)["body"] for number in ("03", "07", "08", "09", "18")}


def test_every_wire_file_tells_its_source() -> None:
    assert all(json.loads(file.read_text(encoding="utf-8"))["_source"] for file in WIRE.glob("*.json"))


@pytest.mark.parametrize("number", ["03", "07", "08", "09", "18"])
async def test_a_captured_record_comes_out_unchanged(number: Any, asker: Asker) -> None:
    body = wire(number)["body"]
    answer = await asker.get(f"jobs/{body['job']['id']}")
    assert answer.json() == body
