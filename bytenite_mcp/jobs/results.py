"""The outputs of a job, or why there are none."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from urllib.parse import parse_qsl, quote, urlsplit

from bytenite_mcp.api.models import JobState
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.privacy.sanitize import shorten
from bytenite_mcp.privacy.spans import WITHHELD

BUCKET_RETENTION = timedelta(hours=48)
"""How long ByteNite keeps outputs in its own temporary `bucket` [D]."""

LONGEST_NAME = 500
"""The most characters of an output's name."""

_LINK = re.compile(r"(?:https?://[^\x00-\x20/?#%\x7f]+(?:[/?#][\x21-\x7e]*)?)?")
_LONGEST_LINK = 4000
_NOT_IN_LINKS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_MARKS = "".join(map(chr, range(0x21, 0x7F)))


class NoOutputs(Enum):
    """Why a job lists no outputs."""

    NEVER_RUN = auto()
    FAILED = auto()
    UNFINISHED = auto()
    ENDED_OTHERWISE = auto()
    WENT_ELSEWHERE = auto()
    NO_LONGER_KEPT = auto()
    NOT_LISTED_YET = auto()


def list_outputs(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return each output's name and link. Links are secrets, and are shown nowhere else."""
    return [{"name": shorten(row["name"], LONGEST_NAME), "link": _read_link(row["link"])} for row in rows]


def _read_link(link: str) -> str:
    """Return a link, with blanks and letters beyond ASCII encoded; withheld if it is no URL of HTTP, or too long."""
    link = link.strip()
    encoded = quote(link, safe=_MARKS, errors="ignore")
    is_link = _LINK.fullmatch(encoded) and len(encoded) <= _LONGEST_LINK and not _NOT_IN_LINKS.search(link)
    return encoded if is_link else WITHHELD


def find_expiry(rows: Sequence[Mapping[str, str]]) -> datetime | None:
    """Return when the first of the signed links expires, in UTC; None if no link says it."""
    return min(filter(None, (_read_expiry(row["link"]) for row in rows)), default=None)


def find_retention_end(job: Job) -> datetime | None:
    """Return when ByteNite deletes a job's outputs, in UTC; None if it has none, or the time is unknown."""
    if job.state != JobState.COMPLETE or job.destination != "bucket" or not job.ended_at:
        return None
    return job.ended_at + BUCKET_RETENTION


def find_reason_for_none(job: Job, now: datetime) -> NoOutputs:
    """Return why a job lists no outputs."""
    if job.state == JobState.NEW:
        return NoOutputs.NEVER_RUN
    if job.state == JobState.FAILED:
        return NoOutputs.FAILED
    if not job.finished:
        return NoOutputs.UNFINISHED
    if job.state != JobState.COMPLETE:
        return NoOutputs.ENDED_OTHERWISE
    if job.destination != "bucket":
        return NoOutputs.WENT_ELSEWHERE
    if (end := find_retention_end(job)) and now > end:
        return NoOutputs.NO_LONGER_KEPT
    return NoOutputs.NOT_LISTED_YET


def _read_expiry(link: str) -> datetime | None:
    """Read when a signed link in Google's or Amazon's format expires [R]."""
    try:
        query = {name.lower(): value for name, value in parse_qsl(urlsplit(link).query, max_num_fields=50)}
        vendor = "goog" if "x-goog-date" in query else "amz"
        signed = datetime.strptime(query[f"x-{vendor}-date"], "%Y%m%dT%H%M%S%z")
        return signed.astimezone(UTC) + timedelta(seconds=int(query[f"x-{vendor}-expires"]))
    except (KeyError, ValueError, OverflowError):
        return None
