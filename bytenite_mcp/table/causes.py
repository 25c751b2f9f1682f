"""What an error says: its kind, and what it most likely means and what to do next, as surely as the words allow."""

import re
from dataclasses import dataclass

from bytenite_mcp.privacy.sanitize import shorten


@dataclass(frozen=True, slots=True)
class Cause:
    """A likely cause.

    Attributes:
        words: A pattern found in the error or the log, whatever the case.
        cause: What that most likely means.
        next_step: What a person can do.
    """

    words: str
    cause: str
    next_step: str


LONGEST_TEXT = 200_000
"""Characters of an error or a log that are looked at, from the end."""

CAUSES = (
    # A cause that few phrases name comes before one that many do.
    Cause(
        r"out of memory|MemoryError|OOM-?killed|exit code 137|cannot allocate memory",
        "a task needed more memory than its worker has",
        "use smaller chunks or a smaller batch, or a template that asks for more memory",
    ),
    Cause(
        r"ModuleNotFoundError|ImportError|No module named",
        "the app's container lacks a Python package it imports",
        "add the package to the app's image, then run again",
    ),
    Cause(
        r"insufficient (?:balance|funds)|not enough (?:balance|bytechips|credits?)|payment required",
        "the account's balance did not cover the run",
        "top up ByteChips, then run again",
    ),
    Cause(
        r"image pull|pull access|ImagePullBackOff|manifest unknown",
        "the app's container image could not be fetched",
        "check the image's name and tag, and that it is public or its credentials are set",
    ),
    Cause(
        r"no (?:suitable|available) (?:engine|worker|device|hardware|gpu)|no capacity|unschedulable",
        "no machine met the template's hardware requirements",
        "ask for less hardware, or try later",
    ),
    Cause(
        r"AccessDenied|access denied|\b403\b|\b401\b|permission denied|unauthorized|invalid credentials|expired token",
        "the credentials of the data source or destination were not accepted",
        "check that they are current and may read the source and write to the destination",
    ),
    Cause(
        r"NoSuchKey|NoSuchBucket|FileNotFoundError|No such file|\b404\b|not found",
        "an input file, bucket or path does not exist",
        "check the data source's name, bucket and path",
    ),
    Cause(
        r"KeyError|ValueError|TypeError|AttributeError|IndexError|AssertionError|ZeroDivisionError|JSONDecodeError",
        "the app, partitioner or assembler code raised an exception on this input",
        "read the traceback; try that input locally",
    ),
    Cause(
        r"time[d ]?[- ]?out|deadline exceeded|exceeded .{0,30}timeout",
        "a task or the job ran longer than its timeout",
        "raise config.taskTimeout or jobTimeout, or make chunks smaller",
    ),
    Cause(
        r"retries (?:exhausted|exceeded)|max(?:imum)?[ -]?(?:task)?[ -]?retries",
        "a task kept failing until no retries were left",
        "look at that task's log for its own error",
    ),
    Cause(
        r"\babort(?:ed|ing)?\b(?! \(core dumped)|\bcancel(?:led|ed|ling|ing)?\b",
        "the run was aborted",
        "run it again if that was not meant",
    ),
)


_VARYING = re.compile(
    r"""(?xi)
    (?P<id> \b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b | \b0x[0-9a-f]+\b
      | \b(?=[a-f]*\d)[0-9a-f]{8,64}\b | \b(?=[a-z]*\d[a-z]*\d)[0-9a-z]{16,64}\b )
    | (?P<time> \b\d{4}-\d\d-\d\d(?:[t\ ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:z|[+-]\d\d:?\d\d)?)? )
    | (?P<kept> \b(?:exit(?:ed)?|code|status|signal|errno|HTTP(?:/\d(?:\.\d)?)?|returncode)
          (?:\ (?:with|by|code|status|signal))*[\ :=(\[]{0,2}\d{1,3}\b(?![.\d])
      | \b(?:answered|returned|responded|got|received|response)(?:\ with)?\ [1-5]\d\d\b(?![.\d])
      | \b[45]\d\d(?=[\ :,-]{1,2}
          (?:bad|unauthori|forbidden|not\ found|access|conflict|gone|too|internal|service|gateway))
      | (?<![a-z])[a-z]++\d{1,3}(?:\.\d{1,3})*(?!\d) )
    | (?P<number> \d+(?:[.:x/,]\d+)*(?:e[+-]?\d+)? )"""
)
_LONGEST_KIND = 500


def error_kind(message: str) -> str:
    """Make errors that differ only in ids, times and numbers the same; exit codes, HTTP statuses and words stay."""
    kind = _VARYING.sub(lambda found: found["kept"] or "#", message)
    return shorten(" ".join(kind.split()), _LONGEST_KIND)


def find_likely_cause(error: str, *logs: str) -> tuple[Cause, bool] | None:
    """Find the likely cause: in the error first, else in logs; tells whether the error itself names it."""
    for text in (error, *logs):
        for cause in CAUSES:
            if re.search(cause.words, text[-LONGEST_TEXT:], re.IGNORECASE):
                return cause, text is error
    return None
