"""Generates jobs, and a job's record at any time.

A job's whole timeline is fixed when the job is generated; its record shows the timeline until now.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID, uuid5

from bytenite_mcp.simulator.data_sources import DESTINATIONS, SOURCES, make_params, make_source
from bytenite_mcp.simulator.search import Record
from bytenite_mcp.simulator.seeded_random import SeededRandom
from bytenite_mcp.simulator.templates import (
    COMPLETE,
    DESCRIPTIONS,
    FAILED,
    FAILURES,
    NAMES,
    NEW,
    RUN,
    TEMPLATES,
    Failure,
    Template,
)
from bytenite_mcp.simulator.times import DAY, HOUR, SECOND, format_time

Timeline = list[tuple[str, int]]

_OWNER = "d2719a44-6f1c-4a0a-9a6b-0c7f2c1f5d10"
_PRIORITIES = ("UNDEFINED", "CHEAP", "BALANCED", "BALANCED", "FAST")
_DIGITS = (0, 3, 6, 6, 6, 6, 9, 9)
_HISTORY_DAYS = 120
_RECIPES = 300
# The times at which a job enters each state of RUN, as fractions of the whole run.
_SHARES = (0.0, 0.01, 0.04, 0.12, 0.86, 0.88, 0.95, 0.96, 1.0)
# Unfinished jobs: the stage in RUN of each, and how long ago a stuck one entered it.
_STUCK = ((0, 7 * HOUR), (1, 26 * HOUR), (3, 40 * HOUR))
_MOVING = (7, 6, 5, 4, 3, 2, 0)


class Recipe(NamedTuple):
    """What several jobs have in common; `shared` is that part of their records."""

    template: Template
    template_id: str
    shared: Record


@dataclass(slots=True)
class GeneratedJob:
    """A job with its whole timeline.

    Args:
        recipe: What it shares with other jobs.
        own: The constant part of its record that no other job shares.
        timeline: The states that it enters and their times, in order.
        digits: The number of fractional digits of its times.
        chunks: The number of its tasks.
        price: Its price in BYC if it completes.
        error: Its error message if it fails.
    """

    recipe: Recipe
    own: Record
    timeline: Timeline
    digits: int
    chunks: int
    price: float = 0.0
    error: str = ""

    def count_states(self, time: int) -> int:
        """Count the states that the job has entered by a time."""
        return bisect_right(self.timeline, time, key=itemgetter(1))

    def make_record(self, states: int) -> Record:
        """Make its record after it has entered a number of states."""
        entered = dict(self.timeline[:states])
        state = self.timeline[states - 1][0]
        written = {name: format_time(time, self.digits) for name, time in entered.items()}
        ended = entered.get(state) if state in (COMPLETE, FAILED) else None
        progress = {
            "startedAt": written.get(RUN[0]),
            "endedAt": written[state] if ended else None,
            "state": state,
            "duration": round((ended - entered[RUN[0]]) / SECOND, 2) if ended else None,
            "paymentAmount": self.price if state == COMPLETE else 0,
            "numChunks": self.chunks if RUN[3] in entered else 0,
            "errorMessage": self.error if state == FAILED else "",
            "stateTimestamps": written if states > 1 else {},
        }
        return self.own | progress | self.recipe.shared


def make_task_id(job_id: str, chunk: int) -> str:
    """Make the id of a job's task, for records and logs alike."""
    return str(uuid5(UUID(int=chunk), job_id))


class JobGenerator:
    """Generates an account's jobs; `epoch` is the account's start time, in nanoseconds since 1970."""

    def __init__(self, seed: int, epoch: int) -> None:
        self.draw, self.epoch = SeededRandom(seed), epoch
        self.recipes = [self._make_recipe() for _ in range(_RECIPES)]

    def make_jobs(self) -> Iterator[GeneratedJob]:
        """Yield jobs endlessly: first those that are unfinished at the epoch, then those of the 120 days before."""
        for stage in _MOVING:
            step = self.draw.between(60, 600) * SECOND // (len(RUN) - 1 - stage)
            job = self._make_unfinished(stage, self.epoch, step, len(RUN))
            yield self._let_fail(job, FAILURES["cuda"]) if stage == 3 else job
        for stage, age in _STUCK:
            yield self._make_unfinished(stage, self.epoch - age, self._draw_seconds(5, 50), stage + 1)
        while True:
            yield self._make_draft() if self.draw.random() < 0.05 else self._make_past()

    def _make_unfinished(self, stage: int, entered: int, step: int, states: int) -> GeneratedJob:
        """Make a job that enters a stage of its run at a time, and the first states of RUN one step apart."""
        times = [entered + step * (n - stage) for n in range(states)]
        timeline = [(NEW, times[0] - self._draw_seconds(3, 60)), *zip(RUN, times, strict=False)]
        return self._make_job(self.draw.pick(self.recipes), timeline)

    def _make_draft(self) -> GeneratedJob:
        """Make a draft, which was never run."""
        job = self._make_job(self.draw.pick(self.recipes), [(NEW, self._draw_creation(HOUR))])
        if self.draw.random() < 0.2:
            job.own["startAt"] = format_time(self.epoch + self.draw.between(1, 9) * DAY, 0)
        return job

    def make_new(self, created: int) -> GeneratedJob:
        """Make a draft that is created at a given time."""
        return self._make_job(self.draw.pick(self.recipes), [(NEW, created)])

    def _make_past(self) -> GeneratedJob:
        """Make a job that has ended."""
        recipe = self.draw.pick(self.recipes)
        template = recipe.template
        run = template.seconds * 2 ** self.draw.uniform(-1, 1) * SECOND
        created = self._draw_creation(int(run * template.slowing) + 400 * SECOND)
        age = (self.epoch - created) / (_HISTORY_DAYS * DAY)
        run *= 1 + (template.slowing - 1) * max(0.0, 1 - age)
        started = created + self._draw_seconds(1, 120)
        entered = [(state, started + int(run * share)) for state, share in zip(RUN, _SHARES, strict=True)]
        job = self._make_job(recipe, [(NEW, created), *entered])
        if self.draw.random() >= template.failing:
            return job
        mostly = template.mostly if self.draw.random() < 0.8 else ""
        return self._let_fail(job, FAILURES[mostly or self.draw.pick(list(FAILURES))])

    def _let_fail(self, job: GeneratedJob, failure: Failure) -> GeneratedJob:
        """End the job with a failure in the failure's stage."""
        stage = RUN.index(failure.stage) + 1
        before, after = job.timeline[stage][1], job.timeline[stage + 1][1]
        ended = (before + 3 * after) // 4
        job.timeline = [*job.timeline[: stage + 1], (FAILED, ended)]
        if "{limit}" in failure.message:
            seconds = (ended - before) // SECOND
            job.own["config"]["taskTimeout"] = seconds // 60 * 60 or max(1, seconds)
        job.error = failure.message.format(**self._draw_details(job, (ended - before) // SECOND))
        return job

    def _draw_details(self, job: GeneratedJob, seconds: int) -> Record:
        """Draw the values of the fields in a failure's message."""
        below = self.draw.below
        need = (400 + below(8600)) / 100
        return {
            "object": f"input/batch_{below(100):02d}.parquet", "need": need, "have": round(need / 7, 2),
            "cores": 8 + below(56), "memory": 64 + below(448), "wait": seconds, "size": 4096 + below(5000),
            "task": make_task_id(job.own["id"], below(job.chunks)), "gib": (100 + below(3900)) / 100,
            "tries": job.own["config"]["maxTaskRetries"], "limit": job.own["config"]["taskTimeout"],
            "part": 1 + below(99), "bucket": f"acme-{below(9)}",
        }  # fmt: skip

    def _make_job(self, recipe: Recipe, timeline: Timeline) -> GeneratedJob:
        draw, template = self.draw, recipe.template
        chunks = max(1, round(template.chunks * draw.uniform(0.5, 1.5)))
        hours = template.seconds * draw.uniform(0.6, 0.8) / 3600
        digits = draw.pick(_DIGITS) if draw.random() < 0.8 else draw.below(10)
        own = {
            "id": self._make_id(), "templateId": recipe.template_id, "config": self._make_config(template),
            "createdAt": format_time(timeline[0][1], digits), "startAt": None,
            "numUnitsEstimation": str(chunks * draw.below(4)),
        }  # fmt: skip
        return GeneratedJob(recipe, own, timeline, digits, chunks, round(chunks * hours * template.price, 8))

    def _make_recipe(self) -> Recipe:
        """Draw a template, its sources and parameters, and the name of its jobs."""
        draw, template = self.draw, self.draw.pick(TEMPLATES)
        version = draw.pick(template.versions)
        app, partitioner, assembler = template.app
        info = {"id": template.name, "owner": _OWNER, "description": template.description}
        shared = {
            "name": draw.pick(NAMES).format(template=template.name, number=draw.below(1000)),
            "description": draw.pick(DESCRIPTIONS),
            "priority": f"EXECUTION_PRIORITY_{draw.pick(_PRIORITIES)}",
            "regions": self._draw_regions(), "dataSource": make_source(draw, draw.pick(SOURCES)),
            "dataDestination": make_source(draw, draw.pick(DESTINATIONS)), "params": make_params(draw),
            "submittedAt": None, "deletedAt": None, "appId": app,
            "templateInfo": info | {"app": app, "partitioner": partitioner, "assembler": assembler},
        }  # fmt: skip
        return Recipe(template, f"{template.name}@{version}" if version else template.name, shared)

    def _make_id(self) -> str:
        if self.draw.random() < 0.02:
            return f"run-{self.draw.below(10**9):09d}"
        digits = f"{self.draw.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def _make_config(self, template: Template) -> Record:
        timeouts = {"taskTimeout": 3600, "jobTimeout": 7200 if template.seconds < 3000 else 86400}
        test = {"isTestJob": self.draw.random() < 0.1} if self.draw.random() < 0.7 else {}
        return timeouts | test | {"maxTaskRetries": 30}

    def _draw_regions(self) -> dict[str, list[str]] | None:
        if self.draw.random() < 0.85:
            return None
        return {"blacklist": [], "whitelist": self.draw.sample(("eu", "us", "asia"), self.draw.between(1, 3))}

    def _draw_creation(self, room: int) -> int:
        """Draw a time in working hours, more often a recent one, with room for a run before the epoch."""
        days_ago = int(_HISTORY_DAYS * self.draw.random() ** 2.2)
        midnight = self.epoch - self.epoch % DAY - days_ago * DAY
        hours = 8 + 6 * (self.draw.random() + self.draw.random())
        time = midnight + int(hours * HOUR) + self.draw.below(SECOND)
        latest = self.epoch - room - self._draw_seconds(60, 7200)
        return min(time, latest)

    def _draw_seconds(self, least: int, most: int) -> int:
        return self.draw.between(least * SECOND, most * SECOND)
