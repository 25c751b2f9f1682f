"""The outputs of a job, or why there are none."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bytenite_mcp.api.models import Job, JobState, to_text
from bytenite_mcp.privacy.credentials import WITHHELD
from bytenite_mcp.privacy.redact import scrub, secrets_of

BUCKET_KEPT = timedelta(hours=48)
"""How long ByteNite keeps outputs in its own temporary `bucket` [D]."""

_LINK = re.compile(r"https?://[\x21-\x7e]{3,4000}")


def outputs(job: Job, rows: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Give each output's name and link; the link is a secret that this one answer is for."""
    secrets = secrets_of(job.record)
    return [
        {
            "name": scrub(to_text(row.get("name")), secrets),
            "link": link if _LINK.fullmatch(link := to_text(row.get("link"))) else WITHHELD,
        }
        for row in rows
    ]


def links_expire(rows: Sequence[dict[str, Any]]) -> datetime | None:
    """Tell when the first of the signed links ends, in UTC; None where they do not say."""
    ends = [end for row in rows if (end := _expiry(to_text(row.get("link"))))]
    return min(ends, default=None)


def why_none(job: Job, now: datetime) -> str:
    """Say why a job lists no outputs: never run, not ready, never produced, or no longer kept."""
    if job.state == JobState.NEW:
        return "It was never run, so it has no outputs."
    if job.state == JobState.FAILED:
        return "It failed, so it never produced outputs; diagnose_job says why."
    if job.state != JobState.COMPLETE:
        stage = scrub(job.state, secrets_of(job.record)).removeprefix("JOB_STATE_")
        return f"It is not finished ({stage}), so its outputs are not ready; wait_for_job tells when."
    if job.destination != "bucket":
        where = f" ({scrub(job.destination, secrets_of(job.record))})" if job.destination else ""
        return f"It is complete; its outputs went to its own destination{where}, and ByteNite lists no links for them."
    if job.ended_at and now - job.ended_at > BUCKET_KEPT:
        ended = f"{job.ended_at:%Y-%m-%d %H:%M} UTC"
        return f"They are gone: a bucket keeps outputs 48 h, and the job ended {ended}. Run it again to have them."
    return "It is complete, but ByteNite lists no outputs yet; ask again in a minute."


def _expiry(link: str) -> datetime | None:
    """Read when a signed link of Google's or Amazon's kind ends [R]."""
    try:
        query = {
            name.lower(): values[0]
            for name, values in parse_qs(urlsplit(link).query, max_num_fields=50).items()
        }
    except ValueError:
        return None
    for vendor in ("goog", "amz"):
        signed, seconds = query.get(f"x-{vendor}-date", ""), query.get(f"x-{vendor}-expires", "")
        if re.fullmatch(r"\d{8}T\d{6}Z", signed, re.ASCII) and re.fullmatch(r"\d{1,7}", seconds, re.ASCII):
            try:
                return datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) + timedelta(
                    seconds=int(seconds)
                )
            except (ValueError, OverflowError):
                return None
    return None
