"""Lists a job's output files, with links that look signed but do not work."""

from hashlib import sha256
from urllib.parse import quote

from bytenite_mcp.simulator.errors import NOT_FOUND, Refusal
from bytenite_mcp.simulator.search import Record
from bytenite_mcp.simulator.seeded_random import SeededRandom
from bytenite_mcp.simulator.templates import COMPLETE, FAILED, NEW, RUN, TEMPLATES
from bytenite_mcp.simulator.times import HOUR, SECOND, format_time, from_sort_key, to_sort_key

LINK_LIFE = 14_399
"""Seconds for which a link is valid, as in the only captured link [R]."""
BUCKET_LIFE = 48 * HOUR
"""How long a temporary bucket keeps its files, in nanoseconds [D]."""

_HOST = "https://storage.example.invalid/bytenite-results-simulated"
_OUTPUT = {template.name: template.output for template in TEMPLATES}


def list_results(job: Record, now: int) -> Record:
    """Answer ``jobs/{id}/results``; until the job is complete, this is 404, null or empty [C]."""
    state = job["state"]
    if state == NEW:
        raise Refusal(f"job {job['id']!r} has no results", 404, NOT_FOUND)
    if state in RUN and state != COMPLETE:
        return {"results": None if RUN.index(state) % 2 else []}
    if state == FAILED or _is_gone(job, now):
        return {"results": []}
    return {
        "results": [{"name": name, "link": _sign_link(job["id"], name, now)} for name in _name_files(job)]
    }


def _is_gone(job: Record, now: int) -> bool:
    ended = to_sort_key(job["endedAt"])
    temporary = job["dataDestination"]["dataSourceDescriptor"] == "bucket"
    return temporary and ended is not None and now > from_sort_key(ended) + BUCKET_LIFE


def _name_files(job: Record) -> list[str]:
    suffix = _OUTPUT.get(job["templateId"].partition("@")[0], "zip")
    count = min(job["numChunks"], SeededRandom(job["id"]).pick((1, 1, 2, 4, 9)))
    return [f"out_{n}/{job['appId']}_{n:03d}.{suffix}" for n in range(count)]


def _sign_link(job_id: str, name: str, now: int) -> str:
    """Make a signed link in the format of Google Cloud Storage V4 [R], on a host that does not exist."""
    date = format_time(now - now % SECOND, 0).replace("-", "").replace(":", "")
    signature = sha256(f"{job_id}/{name}/{date}".encode()).hexdigest()
    return (
        f"{_HOST}/{quote(job_id)}/{quote(name)}?X-Goog-Algorithm=GOOG4-RSA-SHA256"
        f"&X-Goog-Credential=simulated%2F{date[:8]}%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date={date}"
        f"&X-Goog-Expires={LINK_LIFE}&X-Goog-Signature={signature}&X-Goog-SignedHeaders=host"
    )
