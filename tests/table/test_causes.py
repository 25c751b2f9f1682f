"""What an error says: its kind, and its likely cause."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.simulator.templates import FAILURES, Failure
from bytenite_mcp.table.causes import error_kind, find_likely_cause


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (
            "CUDA out of memory in task 34e1d35f-1084-59db-93a2-5abc359e0853: tried to allocate 2.50 GiB",
            "CUDA out of memory in task #: tried to allocate # GiB",
        ),
        (
            "Container killed (exit code 137) in task 9 after 3 retries",
            "Container killed (exit code 137) in task # after # retries",
        ),
        (
            "exited with code 1; HTTP/1.1 404 Not Found for part-00012.parquet",
            "exited with code 1; HTTP/1.1 404 Not Found for part-#.parquet",
        ),
        ("bucket acme-3 answered 403 AccessDenied", "bucket acme-# answered 403 AccessDenied"),
        ("[Errno 28] No space left, status=503", "[Errno 28] No space left, status=503"),
        (
            "frame00012 of H264 at 1024x768 in 12GiB by python3.11 from s3://b",
            "frame# of H264 at # in #GiB by python3.11 from s3://b",
        ),
        ("at 2026-03-04T15:00:00.123Z on i-0abc12de", "at # on i-#"),
        ("10.0.0.12:8080 refused\n  after 1e5 ms", "# refused after # ms"),
        ("No such key: aB3dE5fG7hI9jK1lM3", "No such key: #"),
        ("no digits at all", "no digits at all"),
        ("", ""),
    ],
)
def test_the_kind_of_an_error_has_no_ids_and_varying_numbers_but_its_codes_and_words(
    message: str, kind: str
) -> None:
    assert error_kind(message) == kind


@pytest.mark.parametrize(
    "letters", ["a", "a1", "1", "f", "exit ", "1.1", "0x", "[a ", "a" * 15 + "1", "é", "-"]
)
def test_no_error_takes_long_to_be_read(letters: str) -> None:
    began = time.process_time()
    error_kind(letters * (4000 // len(letters)))
    assert time.process_time() - began < 0.5


@given(st.text())
def test_the_kind_of_a_kind_is_itself(message: str) -> None:
    kind = error_kind(message)
    assert error_kind(kind) == kind


@pytest.mark.parametrize("failure", FAILURES.values())
def test_every_failure_of_the_simulator_has_a_cause(failure: Failure) -> None:
    assert find_likely_cause(failure.message)


def test_an_error_without_telling_words_has_none() -> None:
    assert find_likely_cause("it broke") is None
