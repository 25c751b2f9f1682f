"""A job's log, made from its record and the clock: the same whenever it is read, and only ever longer.

As in the console [U], the platform's lines carry a level and the container ``main``; what the user's own
code prints, tracebacks among it, has the level UNKNOWN and no container.
"""

from collections.abc import Iterator
from typing import Any

from .bodies import LogQuery
from .catalogue import COMPLETE, FAILED, FAILURES, RUN, Failure
from .draw import Draw
from .generate import task_id
from .times import SECOND, moment_from_key, time_key, write_time

Line = tuple[int, str, str]

_PROGRESS_LINES = 600
_IMAGE = (
    ("DEBUG", "task data downloaded"),
    ("DEBUG", "image available"),
    ("DEBUG", "gpus requested"),
    ("INFO", "Docker container is starting for the task"),
    ("INFO", "container started"),
)


def logs_of(job: dict[str, Any], asked: LogQuery, now: int) -> dict[str, Any]:
    """The answer to ``logs``: lines by service, the task runner's by task [D]."""
    log = _Log(job, now)
    wanted = set(asked.task_ids)
    runners = {
        task: {"logs": log.written(log.task(task), asked)}
        for task in log.tasks()
        if not wanted or task in wanted
    }
    shown = asked.services or ("PARTITIONER", "ASSEMBLER", "TASKRUNNER")
    return {
        "partitioner": log.written(log.partitioner(), asked) if "PARTITIONER" in shown else [],
        "assembler": log.written(log.assembler(), asked) if "ASSEMBLER" in shown else [],
        "taskrunner": runners if "TASKRUNNER" in shown else {},
    }


class _Log:
    """One job's lines; a line is a moment, a level and a text."""

    def __init__(self, job: dict[str, Any], now: int) -> None:
        self.id, self.now, self.chunks = job["id"], now, int(job["numChunks"])
        times = job.get("stateTimestamps") or {RUN[0]: job.get("startedAt")}
        keys = {state: time_key(text) for state, text in times.items()}
        self.entered = {state: moment_from_key(key) for state, key in keys.items() if key}
        self.error = job.get("errorMessage", "") if job["state"] == FAILED else ""
        self.failure = next((f for f in FAILURES.values() if self.error.startswith(f.opening)), None)
        # A job writes its times either bare, as the console showed them [U], or as RFC 3339.
        self.digits = Draw(self.id).pick((None, 0, 3, 9))

    def partitioner(self) -> Iterator[Line]:
        """Lines from the start of the run until the tasks begin."""
        start = self.entered.get(RUN[0])
        if start is None:
            return
        yield start, "INFO", "job accepted, validating data source"
        yield from self._failing(RUN[0], RUN[1])
        if (found := self.entered.get(RUN[2])) is None:
            return
        yield from self._image(found)
        yield found + 2 * SECOND, "UNKNOWN", "Reading source and making chunks"
        yield from self._failing(RUN[2])
        if (done := self.entered.get(RUN[3])) is not None:
            yield done, "INFO", f"partitioning finished: {self.chunks} chunks"

    def assembler(self) -> Iterator[Line]:
        """Lines from the merging of the results until the end."""
        if (start := self.entered.get(RUN[5])) is None:
            return
        yield from self._image(start)
        yield start + SECOND, "UNKNOWN", f"Merging {self.chunks} results"
        yield from self._failing(RUN[5])
        if (saved := self.entered.get(RUN[7])) is not None:
            yield saved, "INFO", "saving results to the destination"
        yield from self._failing(RUN[7])
        if (done := self.entered.get(COMPLETE)) is not None:
            yield done, "INFO", "results saved"

    def tasks(self) -> list[str]:
        """The ids of the tasks that have begun."""
        return [task_id(self.id, chunk) for chunk in range(self.chunks)] if RUN[3] in self.entered else []

    def task(self, task: str) -> Iterator[Line]:
        """One task's lines: its start, what the user's code prints, and its end."""
        draw, start = Draw(task), self.entered[RUN[3]]
        end = self.entered.get(RUN[4], self.entered.get(FAILED))
        yield from self._image(start)
        yield start + SECOND, "UNKNOWN", "Python task started"
        yield start + SECOND, "UNKNOWN", f"Available CPU cores: {draw.pick((4, 8, 16, 32))}"
        yield from self._progress(start + 2 * SECOND, end, draw)
        if end is not None and self._concerns(task):
            yield from self._failing(RUN[3])
        if RUN[4] in self.entered:
            yield self.entered[RUN[4]], "INFO", "task completed"

    def _concerns(self, task: str) -> bool:
        """A failure that names a task is in that task's log; one that names none is in the first's."""
        return task in self.error or (task == task_id(self.id, 0) and "task" not in self.error)

    def _progress(self, start: int, end: int | None, draw: Draw) -> Iterator[Line]:
        """What the user's code prints, ever more slowly, and less of it when there are many tasks."""
        every = draw.between(2 * SECOND, 12 * SECOND)
        for step in range(1, max(8, _PROGRESS_LINES // self.chunks)):
            moment = start + every * step * (step + 1) // 2
            if moment >= (self.now if end is None else end):
                return
            yield moment, "UNKNOWN", f"\x1b[32mstep {step}\x1b[0m loss={draw.random():.4f}"

    def _image(self, start: int) -> Iterator[Line]:
        for n, (level, text) in enumerate(_IMAGE):
            yield start + n * SECOND // 5, level, text

    def _failing(self, *stages: str) -> Iterator[Line]:
        failure: Failure | None = self.failure
        if failure is None or failure.stage not in stages:
            return
        end = self.entered[FAILED]
        for text in failure.trace:
            yield end, "UNKNOWN", text
        if failure.trace or "CUDA" in self.error:
            yield end, "UNKNOWN", self.error
            yield end, "INFO", "container exited with code 1"
        else:
            yield end, "ERROR", self.error

    def written(self, lines: Iterator[Line], asked: LogQuery) -> list[dict[str, str]]:
        """The lines there are by now, of the levels asked for, as the API writes them."""
        return [
            {
                "log": text,
                "timestamp": self._time(moment),
                "level": level,
                "container": "" if level == "UNKNOWN" else "main",
            }
            for moment, level, text in lines
            if moment <= self.now and (not asked.levels or level in asked.levels)
        ]

    def _time(self, moment: int) -> str:
        return write_time(moment, 0)[:-1] if self.digits is None else write_time(moment, self.digits)
