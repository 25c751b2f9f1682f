"""Printing to consoles that lack characters, and to readers that are gone."""

import io
import os
import sys

import pytest

from bytenite_mcp.commands.output import OUTPUT_CLOSED, run_printing


@pytest.mark.parametrize(
    ("encoding", "bullet"), [("cp1252", b"\x95"), ("ascii", b"\\u2022"), ("utf-8", b"\xe2\x80\xa2")]
)
def test_what_a_console_cannot_print_is_shown_escaped(
    monkeypatch: pytest.MonkeyPatch, encoding: str, bullet: bytes
) -> None:
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding))
    assert run_printing(lambda: sys.stdout.write("\N{BULLET}")) == 1
    assert printed.getvalue() == bullet


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_command_that_nobody_reads_ends_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], buffered: bool, lines: int
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        stream.reconfigure(write_through=not buffered)
        monkeypatch.setattr(sys, "stdout", stream)
        assert run_printing(lambda: sys.stdout.write("a line\n" * lines)) == OUTPUT_CLOSED
    assert capfd.readouterr() == ("", "")


def test_the_end_of_a_command_that_fails_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    with pytest.raises(SystemExit, match="2"):
        run_printing(lambda: sys.exit(2))
