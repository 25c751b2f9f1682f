"""Generates a job's log from its record and the clock; as time passes, the log only gains lines.

As in the console [U], the platform's lines have a level and the container ``main``. The output of the user's
code, such as tracebacks, has the level UNKNOWN and no container.
"""

from collections.abc import Iterator

from bytenite_mcp.simulator.generated_jobs import make_task_id
from bytenite_mcp.simulator.requests import LogQuery
from bytenite_mcp.simulator.search import Record
from bytenite_mcp.simulator.seeded_random import SeededRandom
from bytenite_mcp.simulator.templates import COMPLETE, FAILED, FAILURES, RUN
from bytenite_mcp.simulator.times import SECOND, format_time, from_sort_key, to_sort_key

Line = tuple[int, str, str]

_PROGRESS_LINES = 600
_IMAGE = (
    ("DEBUG", "task data downloaded"),
    ("DEBUG", "image available"),
    ("DEBUG", "gpus requested"),
    ("INFO", "Docker container is starting for the task"),
    ("INFO", "container started"),
)


def write_logs(job: Record, asked: LogQuery, now: int) -> Record:
    """Answer ``logs``: lines by service, and those of the task runner by task [D]."""
    log = _Log(job, now)
    wanted = set(asked.task_ids)
    runners = {
        task: {"logs": log.format_lines(log.write_task(task), asked)}
        for task in log.list_tasks()
        if not wanted or task in wanted
    }
    shown = asked.services or ("PARTITIONER", "ASSEMBLER", "TASKRUNNER")
    return {
        "partitioner": log.format_lines(log.write_partitioner(), asked) if "PARTITIONER" in shown else [],
        "assembler": log.format_lines(log.write_assembler(), asked) if "ASSEMBLER" in shown else [],
        "taskrunner": runners if "TASKRUNNER" in shown else {},
    }


class _Log:
    """One job's lines; a line is a time, a level and a text."""

    def __init__(self, job: Record, now: int) -> None:
        self.id, self.now, self.chunks = job["id"], now, int(job["numChunks"])
        times = job.get("stateTimestamps") or {RUN[0]: job.get("startedAt")}
        keys = {state: to_sort_key(text) for state, text in times.items()}
        self.entered = {state: from_sort_key(key) for state, key in keys.items() if key}
        self.error = job.get("errorMessage", "") if job["state"] == FAILED else ""
        self.failure = next((f for f in FAILURES.values() if self.error.startswith(f.opening)), None)
        # Without an offset, as the console shows times [U], or as RFC 3339.
        self.digits, self.lacks = SeededRandom(self.id).pick(((0, "Z"), (0, ""), (3, ""), (9, "")))

    def write_partitioner(self) -> Iterator[Line]:
        """Write the lines from the start of the run until the tasks begin."""
        start = self.entered.get(RUN[0])
        if start is None:
            return
        yield start, "INFO", "job accepted, validating data source"
        yield from self._write_failure(RUN[0], RUN[1])
        if (found := self.entered.get(RUN[2])) is None:
            return
        yield from self._write_start(found)
        yield found + 2 * SECOND, "UNKNOWN", "Reading source and making chunks"
        yield from self._write_failure(RUN[2])
        if (done := self.entered.get(RUN[3])) is not None:
            yield done, "INFO", f"partitioning finished: {self.chunks} chunks"

    def write_assembler(self) -> Iterator[Line]:
        """Write the lines from the merging of the results until the end."""
        if (start := self.entered.get(RUN[5])) is None:
            return
        yield from self._write_start(start)
        yield start + SECOND, "UNKNOWN", f"Merging {self.chunks} results"
        yield from self._write_failure(RUN[5])
        if (saved := self.entered.get(RUN[7])) is not None:
            yield saved, "INFO", "saving results to the destination"
        yield from self._write_failure(RUN[7])
        if (done := self.entered.get(COMPLETE)) is not None:
            yield done, "INFO", "results saved"

    def list_tasks(self) -> list[str]:
        """Return the ids of the tasks that have begun."""
        begun = range(self.chunks) if RUN[3] in self.entered else ()
        return [make_task_id(self.id, chunk) for chunk in begun]

    def write_task(self, task: str) -> Iterator[Line]:
        """Write a task's lines: its start, the output of the user's code, and its end."""
        draw, start = SeededRandom(task), self.entered[RUN[3]]
        end = self.entered.get(RUN[4], self.entered.get(FAILED))
        yield from self._write_start(start)
        yield start + SECOND, "UNKNOWN", "Python task started"
        yield start + SECOND, "UNKNOWN", f"Available CPU cores: {draw.pick((4, 8, 16, 32))}"
        yield from self._write_progress(start + 2 * SECOND, end, draw)
        if end is not None and self._has_failed(task):
            yield from self._write_failure(RUN[3])
        if RUN[4] in self.entered:
            yield self.entered[RUN[4]], "INFO", "task completed"

    def _has_failed(self, task: str) -> bool:
        """Whether the job failed in this task: the one that the error names, or the first if it names none."""
        return task in self.error or (task == make_task_id(self.id, 0) and "task" not in self.error)

    def _write_progress(self, start: int, end: int | None, draw: SeededRandom) -> Iterator[Line]:
        """Write the output of the user's code, at growing intervals; a job of many tasks has fewer lines each."""
        every = draw.between(2 * SECOND, 12 * SECOND)
        for step in range(1, max(8, _PROGRESS_LINES // self.chunks)):
            time = start + every * step * (step + 1) // 2
            if time >= (self.now if end is None else end):
                return
            yield time, "UNKNOWN", f"\x1b[32mstep {step}\x1b[0m loss={draw.random():.4f}"

    def _write_start(self, start: int) -> Iterator[Line]:
        for n, (level, text) in enumerate(_IMAGE):
            yield start + n * SECOND // 5, level, text

    def _write_failure(self, *stages: str) -> Iterator[Line]:
        if self.failure is None or self.failure.stage not in stages:
            return
        end = self.entered[FAILED]
        for text in self.failure.trace:
            yield end, "UNKNOWN", text
        if self.failure.trace:
            yield end, "UNKNOWN", self.error
            yield end, "INFO", "container exited with code 1"
        else:
            yield end, "ERROR", self.error

    def format_lines(self, lines: Iterator[Line], asked: LogQuery) -> list[dict[str, str]]:
        """Return the lines until now with the requested levels, in the API's format."""
        return [
            {
                "log": text,
                "timestamp": format_time(time, self.digits).removesuffix(self.lacks),
                "level": level,
                "container": "" if level == "UNKNOWN" else "main",
            }
            for time, level, text in lines
            if time <= self.now and (not asked.levels or level in asked.levels)
        ]
