"""Classifies errors: their kind, and their likely cause."""

import re
from enum import StrEnum
from functools import cache

from bytenite_mcp.privacy.sanitize import shorten


class Cause(StrEnum):
    """The likely cause of an error."""

    TIMEOUT = "a task or the job ran longer than its timeout"
    GPU = "the code needs a GPU, and found none that it could use"
    MEMORY = "a task needed more memory than its worker or its GPU has"
    DISK = "a worker's disk was full"
    PACKAGE = "the app's container lacks a package that the code imports"
    LIBRARY = "the app's container lacks a system library"
    PROGRAM = "the app's container lacks a program that the code runs"
    BALANCE = "the account's balance did not cover the run"
    IMAGE = "the app's container image could not be fetched"
    PROCESSOR = "a program of the app was built for another kind of processor"
    HARDWARE = "no machine met the template's hardware requirements"
    ACCESS = "the credentials for a bucket or data source are missing or were not accepted"
    MISSING = "a file, bucket or address that the run needs does not exist"
    PERMISSION = "a file in the app's container may not be executed, read or written"
    NETWORK = "a server that the run needs could not be reached, or did not answer in time"
    CRASH = "a program of the app crashed"
    EXCEPTION = "the code of the app, partitioner or assembler raised an exception"
    RETRIES = "a task kept failing until no retries were left"
    ABORTED = "the run was aborted"


LONGEST_TEXT = 50_000
"""The most characters of an error or a log that are read, from its end."""

_UNIT = r"\b(?:task|job|chunk)\b(?: [\w-]{1,40})?(?: has| was)?"
_LIMIT = r"(?:task|job)[ _-]?time[ -]?(?:out|limit)"
_STORE = r"(?:\b|_)(?:bucket|s3|gcs|storj|storage|source|destination)(?:\b|_)"
_REASON = r"client error|forbidden|unauthori|denied|access|not found|error|(?:for|from|on|when|while)\b"
"""What may follow an HTTP status, which is otherwise a number of something."""

_MORE = rf"{_REASON}|(?:after|and|at|but|by|in|instead|or|to)\b"
"""What may follow it if something before says that it is one."""


def _write_status(codes: str) -> str:
    verbs = "(?:failed|responded) with|responded|returned|answered|said"
    said = rf"[:(=]|=>|\b(?:http(?:/[\d.]{{1,3}})?|status(?: code)?|code|error|{verbs})"
    return rf"(?:{said})[ :=]{{0,2}}{codes}\b(?! (?!{_MORE})[a-z])|\b{codes}(?=[ :,-]{{1,2}}(?:{_REASON})\b)"


_DENIED = (
    rf"(?:{_write_status('40[13]')}|\b(?:(?:access |permission )?denied|forbidden|unauthori[sz]ed"
    r"|(?:invalid|expired) (?:credentials|token))\b)"
)
_GONE = rf"(?:{_write_status('404')}|\b(?:not found|does not exist)\b)"

# In lower case. Specific causes come before general ones. A phrase is within one line.
_NAMED_BY = (
    (
        Cause.TIMEOUT,
        rf"{_UNIT} (?:timed out(?! (?:while )?(?:waiting|connecting|reading))|ran (?:for )?longer than)"
        rf"|{_UNIT} exceeded its time|exceed\w* .{{0,30}}{_LIMIT}"
        rf"|{_LIMIT}.{{0,30}} (?:exceeded|reached|expired)",
    ),
    (
        Cause.GPU,
        r"no cuda gpus are available|no cuda-capable device|no nvidia driver|no kernel image is available|libcuda\.so",
    ),
    (
        Cause.MEMORY,
        r"out of memory|outofmemory|memoryerror|oom-?kill|bad_alloc|cannot allocate memory"
        r"|unable to allocate [\d.]+ ?[kmgt]i?b|exit(?:ed with)?(?: (?:code|status))?:? 137\b",
    ),
    (Cause.DISK, r"no space left on device|enospc|disk quota exceeded"),
    (Cause.PACKAGE, r"no module named|cannot find module|modulenotfounderror|there is no package called"),
    (Cause.LIBRARY, r"error while loading shared libraries|cannot open shared object file"),
    (
        Cause.PROGRAM,
        r"command not found|^\S*sh: (?:\d+: )?\S+: not found$|executable file not found in"
        r"|\benv: .{1,60}: no such file or directory|\bspawn \S{1,60} enoent",
    ),
    (
        Cause.BALANCE,
        r"(?:insufficient (?:account )?(?:balance|funds|bytechips|credits?)"
        r"|not enough (?:balance|bytechips|credits?))\b"
        r"(?! (?:of|in|on) (?!(?:the |your )?(?:account|wallet|bytenite)))",
    ),
    (
        Cause.IMAGE,
        r"imagepullbackoff|errimagepull|image pull|pull access denied|manifest unknown"
        r"|(?:failed to|could not|unable to) pull .{0,20}image(?=$|[\"':]| \S*[/:\"'])",
    ),
    (Cause.PROCESSOR, r"exec format error"),
    (
        Cause.HARDWARE,
        r"no (?:suitable|available) (?:engine|worker|device|machine|hardware|gpu)|unschedulable",
    ),
    (
        Cause.ACCESS,
        r"accessdenied|invalidaccesskeyid|signaturedoesnotmatch|expiredtoken|unable to locate credentials"
        rf"|{_STORE}.{{0,120}}{_DENIED}|{_DENIED}.{{0,120}}{_STORE}",
    ),
    (
        Cause.MISSING,
        r"nosuchkey|nosuchbucket|filenotfounderror|no such file or directory|enoent|404 client error"
        rf"|\b404 not found|\(404\)|{_STORE}.{{0,120}}{_GONE}|{_GONE}.{{0,120}}{_STORE}",
    ),
    (Cause.PERMISSION, r"permissionerror|\[errno 13\]|eacces\b|: permission denied$"),
    (
        Cause.NETWORK,
        r"readtimeout|connecttimeout|read timed out|timed out (?:while )?connecting"
        r"|connection (?:timed out|refused|reset)|econn(?:refused|reset)"
        r"|connection(?:refused|reset)?error|failed to establish a new connection|name or service not known"
        r"|temporary failure in name resolution|no such host|certificate_verify_failed",
    ),
    (
        Cause.CRASH,
        r"segmentation fault|core dumped|sigsegv|sigabrt|exit(?:ed with)?(?: (?:code|status))?:? 13[49]\b|^panic: ",
    ),
    (
        Cause.EXCEPTION,
        r"(?:key|value|type|attribute|index|assertion|zerodivision|jsondecode|unicodedecode|name|runtime|import)error\b"
        r"|^traceback \(most recent call last\)|exception in thread|unhandledpromiserejection",
    ),
    (
        Cause.RETRIES,
        r"retries (?:exhausted|exceeded)|(?:max(?:imum)?|no more) (?:task )?retries|maxtaskretries",
    ),
    (
        Cause.ABORTED,
        r"\b(?:job|run|task|execution)\b.{0,60}\b(?:abort|cancell?)ed\b|(?:abort|cancell?)ed by ",
    ),
)


@cache
def _compile_patterns() -> dict[Cause, re.Pattern[str]]:
    return {cause: re.compile(words, re.MULTILINE) for cause, words in _NAMED_BY}


_VARYING = re.compile(
    r"""(?xi)
    (?P<id> \b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b | \b0x[0-9a-f]+\b
      | \b(?=[a-f]*\d)[0-9a-f]{8,64}\b | \b(?=[a-z]*\d[a-z]*\d)[0-9a-z]{16,64}\b )
    | (?P<time> \b\d{4}-\d\d-\d\d(?:[t\ ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:z|[+-]\d\d:?\d\d)?)? )
    | (?P<kept> \b(?:exit(?:ed)?|code|status|signal|errno|HTTP(?:/\d(?:\.\d)?)?|returncode)
          (?:\ (?:with|by|code|status|signal))*[\ :=(\[]{0,2}(?:(?<=[\ :=(\[])-)?\d{1,3}\b(?![.\d])
      | \b(?:answered|returned|responded|got|received|response)(?:\ with)?\ [1-5]\d\d\b(?![.\d])
      | \b[45]\d\d(?=[\ :,-]{1,2}
          (?:bad|unauthori|forbidden|not\ found|access|conflict|gone|too|internal|service|gateway|client|server))
      | (?<=\boccurred\ \()[1-5]\d\d(?=\))
      | (?<![a-z])[a-z]++\d{1,3}(?:\.\d{1,3})*(?!\d) )
    | (?P<number> \d+(?:[.:x/,]\d+)*(?:e[+-]?\d+)? )"""
)
_LONGEST_KIND = 500


def error_kind(message: str) -> str:
    """Replace ids, times and numbers in an error, so that errors that differ only in these are equal.

    Exit codes and HTTP statuses are kept.
    """
    kind = _VARYING.sub(lambda found: found["kept"] or "#", message)
    return shorten(" ".join(kind.split()), _LONGEST_KIND)


def find_likely_cause(text: str) -> Cause | None:
    """Find the likely cause in an error or a log; None if it names none."""
    end = text[-LONGEST_TEXT:].lower()
    return next((cause for cause, pattern in _compile_patterns().items() if pattern.search(end)), None)
