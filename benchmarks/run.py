"""How fast, against the floor and against what people would use instead; prints ratios, never passes or fails.

`python benchmarks/run.py [--quick] [FIGURE ...]`, with figures start, calls, scan, http, tokens. Every speed is taken
against its own floor in the same run, the programs alternating, and told as the median of several rounds.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from operator import truediv
from pathlib import Path
from statistics import median
from typing import Any

from peer_environment import peer_python
from processes import HERE, Program, simulator

PYTHON = sys.executable
JOB = "ccf06fbe-428b-41c9-a4c1-c5e21cb571b0"

Row = tuple[str, str, str, str, str]


def ours() -> list[str]:
    """Start this server."""
    return [PYTHON, "-m", "bytenite_mcp", "serve"]


def floor(program: str) -> list[str]:
    """Start a floor."""
    return [PYTHON, str(HERE / "floor.py"), program]


def peer() -> list[str]:
    """Start the peer, in an environment made for it."""
    return [peer_python(), str(HERE / "peer.py")]


def start(rounds: int) -> list[Row]:
    """From spawn to the answer of tools/list, and memory after it."""
    programs = {"floor": floor("start"), "ours": ours(), "peer": peer()}
    with simulator(1000) as environment:
        times: dict[str, list[float]] = {name: [] for name in programs}
        memory: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(rounds):
            for name, arguments in programs.items():
                began = time.perf_counter()
                program = Program(arguments, environment)
                program.open()
                times[name].append(time.perf_counter() - began)
                memory[name].append(program.memory())
                program.end()
    more = {name: median(memory[name]) - median(memory["floor"]) for name in programs}
    return [
        _row("start", "s", times, bound="<= 1.10"),
        (
            "memory after it",
            f"{median(memory['floor']):.1f} MB",
            f"+{more['ours']:.1f} MB",
            f"+{more['peer']:.1f} MB",
            "<= +8 MB",
        ),
    ]


def calls(rounds: int) -> list[Row]:
    """One call at a time, and twenty in flight."""
    with simulator(1000) as environment:
        programs = {
            "floor": Program(floor("calls"), environment),
            "ours": Program(ours(), environment),
            "peer": Program(peer(), environment),
        }
        for program in programs.values():
            program.open()
        rows = [
            _row("get_job, p50", "ms", _one_at_a_time(programs, rounds, "get_job", _job_of), bound="<= 1.25"),
            _row(
                "list_jobs(limit=20), p50",
                "ms",
                _one_at_a_time(programs, rounds, "list_jobs", _page_of),
                bound="<= 1.15",
            ),
            _row(
                "the same, 20 in flight", "/s", _alternate(programs, 3 * rounds, _in_flight), bound=">= 0.85"
            ),
        ]
        for program in programs.values():
            program.end()
    return rows


def scan(rounds: int, sizes: tuple[int, ...] = (1_000, 10_000, 100_000)) -> list[Row]:
    """All jobs summarised, in small pages and in large ones."""
    rows = []
    for page in (100, 1000):
        for jobs in sizes:
            with simulator(jobs, page) as environment:
                programs = {
                    "floor": Program(floor("calls"), environment),
                    "ours": Program(ours(), environment),
                }
                for program in programs.values():
                    program.open()
                programs["ours"].call("list_jobs", {"limit": 1})
                idle = programs["ours"].memory()
                times = _alternate(programs, min(rounds, 5), partial(_summary, page=page))
                grown = programs["ours"].highest_memory() - idle
                for program in programs.values():
                    program.end()
            rows.append(_row(f"summarize {jobs:,}, pages of {page:,}", "s", times, bound="<= 1.3"))
            rows.append(("  memory above idle", "", f"+{grown:.1f} MB", "", "<= +40 MB at 100,000"))
    return rows


def http(rounds: int) -> list[Row]:
    """Twenty callers over HTTP; with `floor`, the same tool on a bare SDK server."""
    from over_http import calls_a_second

    with simulator(1000) as environment:
        programs = {"floor": [*floor("calls")], "ours": [*ours(), "--http"]}
        rates = calls_a_second(programs, environment, JOB, rounds)
    return [_row("HTTP, 20 callers, get_job", "/s", rates, bound=">= 0.85")]


def tokens(_: int) -> list[Row]:
    """What a model pays for definitions, without output schemas, and for twenty jobs; four characters a token."""
    definitions, structured, text = {}, {}, {}
    with simulator(1000) as environment:
        for name, arguments in {"ours": ours(), "peer": peer()}.items():
            program = Program(arguments, environment)
            # The peer's own tool to log in is left out: it asks for a key.
            tools = [one for one in program.open()["tools"] if one["name"] != "request_access_token"]
            definitions[name] = _tokens(
                [{key: one[key] for key in one.keys() - {"outputSchema"}} for one in tools]
            )
            page = program.call("list_jobs", _page_of(name))
            structured[name] = _tokens(page["structuredContent"])
            text[name] = _tokens(page["content"][0]["text"])
            program.end()
    return [
        ("definitions, tokens", "", definitions["ours"], definitions["peer"], "<= 2,500"),
        ("twenty jobs structured, tokens", "", structured["ours"], structured["peer"], "<= 1,250"),
        ("twenty jobs as text, tokens", "", text["ours"], text["peer"], "<= 850"),
    ]


def _tokens(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f"{len(text) / 4:,.0f}"


def _alternate(
    programs: dict[str, Program], rounds: int, measure: Callable[[str, Program], float]
) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for name, program in programs.items():
        measure(name, program)  # warms up
    for _ in range(rounds):
        for name, program in programs.items():
            taken[name].append(measure(name, program))
    return taken


def _job_of(name: str) -> dict[str, Any]:
    return {"jobId" if name == "peer" else "job_id": JOB}


def _page_of(name: str) -> dict[str, Any]:
    return {"pagination.limit" if name == "peer" else "limit": 20}


def _one_at_a_time(
    programs: dict[str, Program],
    rounds: int,
    tool: str,
    arguments: Callable[[str], dict[str, Any]],
    count: int = 60,
) -> dict[str, list[float]]:
    """Give the p50 of each round; the programs take turns at each call, as the machine's speed varies by the second."""
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        times: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(count):
            for name, program in programs.items():
                began = time.perf_counter()
                program.call(tool, arguments(name))
                times[name].append(time.perf_counter() - began)
        for name, all_times in times.items():
            taken[name].append(median(all_times) * 1000)
    return taken


def _in_flight(name: str, program: Program, count: int = 100) -> float:
    params = {"name": "list_jobs", "arguments": _page_of(name)}
    began = time.perf_counter()
    for _ in range(20):
        program.send("tools/call", params)
    for answered in range(count):
        program.receive()
        if answered < count - 20:
            program.send("tools/call", params)
    return count / (time.perf_counter() - began)


def _summary(name: str, program: Program, page: int) -> float:
    began = time.perf_counter()
    program.call("summarize_jobs", {"page": page} if name == "floor" else {})
    return time.perf_counter() - began


def _row(figure: str, unit: str, taken: dict[str, list[float]], bound: str) -> Row:
    """Tell the median of the rounds, and of the ratios to the floor in the same round."""
    ratios = {name: f"{median(map(truediv, values, taken['floor'])):.2f} x" for name, values in taken.items()}
    return figure, f"{median(taken['floor']):.4g} {unit}", ratios["ours"], ratios.get("peer", ""), bound


FIGURES: dict[str, Callable[[int], list[Row]]] = {
    "start": start, "calls": calls, "scan": scan, "http": http, "tokens": tokens,
}  # fmt: skip


def main() -> None:
    """Measure and print a table as Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("figures", nargs="*", help=f"any of {', '.join(FIGURES)}; all when none is named")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller scans")
    options = parser.parse_args()
    rounds = 3 if options.quick else 7
    print("| figure | floor | ours | peer | bound |\n|---|---|---|---|---|", flush=True)
    for name in options.figures or FIGURES:
        quick_scan = options.quick and name == "scan"
        for row in scan(rounds, (1_000, 10_000)) if quick_scan else FIGURES[name](rounds):
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
