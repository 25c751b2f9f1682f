"""The answer of wait_for_job: the states of the jobs."""

from collections.abc import Sequence

from mcp.types import CallToolResult

from bytenite_mcp.api.models import JobState
from bytenite_mcp.api.values import JsonObject
from bytenite_mcp.jobs.watch import Sighting, Watched
from bytenite_mcp.server.answers.common import explain_state
from bytenite_mcp.server.render import render_concise, to_result


def answer_wait(watched: Watched, seconds: float, simulated: bool) -> CallToolResult:
    """Answer with the states of the jobs after waiting; of several jobs, also say which are done."""
    sightings = [seen for job_id, seen in watched.sightings.items() if job_id not in watched.failures]
    content: JsonObject = {"reached": watched.reached, "waitedSeconds": round(seconds)}
    if len(sightings) == 1 and not watched.failures:
        job = sightings[0].job
        content |= {
            "meaning": explain_state(job.state),
            "note": "" if watched.reached else _explain_one(sightings[0], watched.now),
            "job": render_concise(job.record),
        }
    else:
        content |= {
            "done": [job_id for job_id, seen in watched.sightings.items() if seen.job.finished],
            "note": "" if watched.reached else _explain_several(sightings, watched),
            "jobs": [_render(seen, watched.now) for seen in sightings]
            + [{"id": job_id, "error": str(failure)} for job_id, failure in watched.failures.items()],
        }
    return to_result(content, simulated)


def _render(seen: Sighting, now: float) -> JsonObject:
    job, age = seen.job, round(now - seen.at)
    shown = {
        name: value for name, value in render_concise(job.record).items() if name in ("id", "name", "state")
    }
    if seen.changed:
        shown["was"] = seen.before
    return shown if job.finished or not age else {**shown, "secondsAgo": age}


def _explain_one(seen: Sighting, now: float) -> str:
    if seen.job.finished:
        return "It had finished already: nothing will change."
    if age := round(now - seen.at):
        return f"Time ran out; ByteNite did not answer lately, so this was the job's state {age} s ago."
    if seen.job.state == JobState.NEW:
        return "Time ran out; a draft does nothing until somebody runs it."
    if seen.job.deleted_at:
        return "Time ran out; the job was soft-deleted, so it may never finish."
    return "Time ran out; the job goes on. Call again to keep waiting."


def _count(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _explain_several(sightings: Sequence[Sighting], watched: Watched) -> str:
    unfinished = [seen.job for seen in sightings if not seen.job.finished]
    lost = len(watched.failures.keys() & watched.sightings.keys())
    gone = f"{lost} can no longer be fetched." if lost else ""
    if not unfinished:
        return gone if watched.failures else "All had finished already: nothing will change."
    running = [job for job in unfinished if job.state != JobState.NEW]
    deleted = sum(job.deleted_at is not None for job in running)
    drafts, going = len(unfinished) - len(running), len(running) - deleted
    notes = [
        f"Time ran out; {_count(going, 'goes', 'go')} on. Call again with these to keep waiting."
        if going
        else "Time ran out.",
        f"{_count(drafts, 'is a draft', 'are drafts')}; drafts do nothing until somebody runs them."
        if drafts
        else "",
        f"{_count(deleted, 'was', 'were')} soft-deleted, and may never finish." if deleted else "",
        gone,
    ]
    return " ".join(filter(None, notes))
