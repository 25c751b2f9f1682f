"""The answer of wait_for_job: where the job stands."""

from mcp.types import CallToolResult

from bytenite_mcp.api.models import JobState
from bytenite_mcp.jobs.watch import Watched
from bytenite_mcp.server.answers.common import explain_state, label
from bytenite_mcp.server.render import render_concise, to_result


def answer_wait(watched: Watched, seconds: float, simulated: bool) -> CallToolResult:
    """Answer with where the job stands after so many seconds."""
    content = {
        "reached": watched.reached,
        "waitedSeconds": round(seconds),
        "meaning": explain_state(watched.job.state),
        "note": "" if watched.reached else _explain_time_out(watched),
        "job": render_concise(watched.job.record),
    }
    return to_result(label(content, simulated))


def _explain_time_out(watched: Watched) -> str:
    if age := round(watched.age):
        return f"Time ran out; ByteNite did not answer lately, so this is how the job stood {age} s ago."
    if watched.job.state == JobState.NEW:
        return "Time ran out; a draft does nothing until somebody runs it."
    return "Time ran out; the job goes on. Call again to keep waiting."
