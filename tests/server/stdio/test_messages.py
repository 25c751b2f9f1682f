"""Malformed lines, and unusual valid ones: each that needs an answer gets one."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import ERAS, Era
from tests.server.stdio.exchanging import AFTER, INITIALIZE, META, OPENING, Id, exchange, identity, request
from tests.server.test_definitions import TOOLS

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Case:
    """One case of lines.json; missing members have the defaults here.

    Attributes:
        name: Of the case.
        what: What is sent, in words.
        line: Bytes as Latin-1, or pieces, of which a pair is repeated that often.
        ids: Which an answer may carry; none is owed if empty.
        error: Whether the answer must be an error.
        codes: Which error it may be.
        silence: Whether no answer will do too.
        null_error: Whether an error without id will do where no answer is owed.
        cancelled: Ids that may have an answer, as they may have been cancelled too late.
        most: How many answers will do.
        before: Lines that are sent before.
        owed_before: The ids of answers that those lines are owed.
        first: Whether nothing opens the session before it.
        then_initialize: Whether a session must be opened afterwards.
        no_newline: Whether the input ends without the line's end.
    """

    name: str
    what: str
    line: Any
    ids: list[Any] = field(default_factory=list)
    error: bool = False
    codes: list[int] = field(default_factory=list)
    silence: bool = False
    null_error: bool = False
    cancelled: list[Any] = field(default_factory=list)
    most: int = 1
    before: list[Any] = field(default_factory=list)
    owed_before: list[Any] = field(default_factory=list)
    first: bool = False
    then_initialize: bool = False
    no_newline: bool = False

    def lines(self) -> list[bytes]:
        return [pieces(line) for line in [*self.before, self.line]]

    def sent(self, era: Era) -> bytes:
        """Return all that is sent, including the opening of a session."""
        lines = [*([] if self.first else OPENING[era]), *self.lines()]
        if self.no_newline:
            return b"\n".join(lines)
        return b"\n".join([*lines, *([INITIALIZE] if self.then_initialize else []), AFTER, b""])

    def allowed(self) -> set[Id]:
        return {identity(written_out(request_id)) for request_id in self.ids}

    def accept(self, answered: list[dict[str, Any]], era: Era) -> None:
        """Check all the answers of an exchange."""
        counted = Counter(identity(answer["id"]) for answer in answered)
        assert self._owed_besides() <= counted
        rest = counted - self._owed_besides() - Counter(map(identity, self.cancelled))
        if self.ids:
            assert rest.keys() <= self.allowed()
            assert (0 if self.silence else 1) <= rest.total() <= self.most
        else:
            assert rest.total() <= self.null_error
            assert rest.keys() <= {identity(None)}
        for answer in answered if self.error else []:
            if identity(answer["id"]) in rest:
                assert "error" in answer
                # The newer era refuses what has no envelope before it looks at the method.
                assert not self.codes or era == "auto" or answer["error"]["code"] in self.codes

    def _owed_besides(self) -> Counter[Id]:
        opened = [not self.first, self.then_initialize].count(True)
        after = [] if self.no_newline else ["after"]
        return Counter(map(identity, [*["handshake"] * opened, *self.owed_before, *after]))


def pieces(parts: Any) -> bytes:
    if isinstance(parts, str):
        return parts.encode("latin-1")
    return b"".join(pieces(part if isinstance(part, str) else part[0] * part[1]) for part in parts)


def written_out(request_id: Any) -> Any:
    match request_id:
        case {"text": [text, times]}:
            return text * times
        case {"digits": [digit, times]} if times <= 4300:
            return int(digit * times)
        case {"digits": _}:
            return None
    return request_id


CASES = [
    Case(**case) for case in json.loads(Path(__file__).with_name("lines.json").read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("era", ERAS)
async def test_each_line_gets_the_answer_it_should(era: Era, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    wrong: list[str] = []
    for case in CASES:
        try:
            answered = await exchange(case.sent(era))
            case.accept(answered, era)
            assert "SECRET" not in json.dumps(answered) + caplog.text
        except AssertionError as failure:
            wrong.append(f"{case.name}: {failure}")
        caplog.clear()
    assert not wrong, "\n".join(wrong)


async def test_one_session_answers_all_malformed_lines() -> None:
    cases = [case for case in CASES if not case.first and not case.no_newline]
    lines = [*OPENING["legacy"], *(line for case in cases for line in case.lines())]
    ids = {identity(answer["id"]) for answer in await exchange(b"\n".join([*lines, b""]))}
    assert [case.name for case in cases if not case.silence and case.ids and not case.allowed() & ids] == []


async def test_a_client_that_discovers_and_then_initializes_is_served() -> None:
    discovery = request(7, "server/discover", _meta=META)
    answered = await exchange(b"\n".join([discovery, *OPENING["legacy"], request(8, "tools/list"), b""]))
    results = {answer["id"]: answer["result"] for answer in answered}
    assert results.keys() == {7, "handshake", 8}
    assert [tool["name"] for tool in results[8]["tools"]] == TOOLS
