"""Compares the speed with the floor and with what people would use instead; prints ratios, never passes or fails.

`python benchmarks/run.py [--quick] [FIGURE ...]`, with figures start, calls, http, tokens. The programs take turns, and
it prints the median of several rounds.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from operator import truediv
from statistics import median
from typing import Any

from peers import HERE, NAMES, PEERS, SIGN_IN
from processes import Program, simulator

PYTHON = sys.executable
JOB = "ccf06fbe-428b-41c9-a4c1-c5e21cb571b0"

PAGE = 20
CALLS = 60
"""Calls in a round of calls one at a time."""
IN_FLIGHT = 100
"""Calls in a round with twenty in flight."""

Row = tuple[str, ...]
"""The figure, the floor, ours, each peer, and the bound."""


def ours() -> list[str]:
    """Return the command that starts this server."""
    return [PYTHON, "-m", "bytenite_mcp", "serve"]


def floor(program: str) -> list[str]:
    """Return the command that starts a floor."""
    return [PYTHON, str(HERE / "floor.py"), program]


def start(rounds: int) -> list[Row]:
    """Measure the time from the spawn to the answer of tools/list, and the memory after it."""
    with simulator(1000) as environment:
        programs = {"floor": floor("start"), "ours": ours(), **_peers(environment)}
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
    more = [f"{median(memory[name]) - median(memory['floor']):+.1f} MB" for name in ("ours", *PEERS)]
    return [
        _row("start", "s", times, bound="<= 1.00"),
        ("memory after it", f"{median(memory['floor']):.1f} MB", *more, "<= +8 MB"),
    ]


def calls(rounds: int) -> list[Row]:
    """Measure calls one at a time, and twenty in flight; each list has other jobs than the one before."""
    with simulator(10_000, step=PAGE) as environment:
        commands = {"floor": floor("calls"), "ours": ours(), **_peers(environment)}
        programs = {name: Program(command, environment) for name, command in commands.items()}
        for program in programs.values():
            program.open()
        job = _one_at_a_time(programs, rounds, "get_job", _job_of)
        page = _one_at_a_time(programs, rounds, "list_jobs", _page_of)
        in_flight = _alternate(programs, 3 * rounds)
        for program in programs.values():
            program.end()
    return [
        _row("get_job, p50", "ms", job, bound="<= 1.15"),
        _row("list_jobs(limit=20), new pages, p50", "ms", page, bound="<= 1.25"),
        _row("the same, 20 in flight", "/s", in_flight, bound=">= 0.85"),
    ]


def http(rounds: int) -> list[Row]:
    """Measure twenty callers over HTTP."""
    from over_http import calls_a_second

    with simulator(1000) as environment:
        programs = {"floor": floor("calls"), "ours": [*ours(), "--http"]}
        rates = calls_a_second(programs, environment, JOB, rounds)
    return [_row("HTTP, 20 callers, get_job", "/s", rates, bound=">= 0.85")]


def tokens(_: int) -> list[Row]:
    """Count the tokens of the definitions, as hosts show them, and of twenty jobs; four characters a token."""
    definitions, structured, text = {}, {}, {}
    with simulator(1000) as environment:
        for name, command in {"ours": ours(), **_peers(environment)}.items():
            program = Program(command, environment)
            tools = [one for one in program.open()["tools"] if one["name"] not in SIGN_IN]
            definitions[name] = _tokens(
                [{key: one[key] for key in one.keys() - {"outputSchema", "_meta"}} for one in tools]
            )
            page = program.call(_tool(name, "list_jobs"), _page_of(name))
            content = page.get("structuredContent")
            structured[name] = _tokens(content) if content else "none"
            text[name] = _tokens(page["content"][0]["text"])
            program.end()
    return [
        ("definitions, tokens", "", *definitions.values(), "<= 2,600"),
        ("twenty jobs structured, tokens", "", *structured.values(), "<= 1,250"),
        ("twenty jobs as text, tokens", "", *text.values(), "<= 850"),
    ]


def _peers(environment: dict[str, str]) -> dict[str, list[str]]:
    return {name: command(environment) for name, command in PEERS.items()}


def _tool(name: str, tool: str) -> str:
    return NAMES.get(name, {}).get(tool, tool)


def _tokens(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f"{len(text) / 4:,.0f}"


def _alternate(programs: dict[str, Program], rounds: int) -> dict[str, list[float]]:
    """Return the rates of each round with twenty calls in flight."""
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for name, program in programs.items():
        _in_flight(name, program)  # warms up
    for _ in range(rounds):
        for name, program in programs.items():
            taken[name].append(_in_flight(name, program))
    return taken


def _job_of(name: str) -> dict[str, Any]:
    return {"jobId" if name in PEERS else "job_id": JOB}


def _page_of(name: str) -> dict[str, Any]:
    prefix = "pagination." if name in PEERS else ""
    return {f"{prefix}limit": PAGE, f"{prefix}offset": 0}


def _one_at_a_time(
    programs: dict[str, Program],
    rounds: int,
    tool: str,
    arguments: Callable[[str], dict[str, Any]],
) -> dict[str, list[float]]:
    """Return the p50 of each round; the programs alternate, because the machine's speed varies by the second."""
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        times: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(CALLS):
            for name, program in programs.items():
                given = arguments(name)
                began = time.perf_counter()
                program.call(_tool(name, tool), given)
                times[name].append(time.perf_counter() - began)
        for name, all_times in times.items():
            taken[name].append(median(all_times) * 1000)
    return taken


def _in_flight(name: str, program: Program) -> float:
    calls = [{"name": _tool(name, "list_jobs"), "arguments": _page_of(name)} for _ in range(IN_FLIGHT)]
    began = time.perf_counter()
    for params in calls[:20]:
        program.send("tools/call", params)
    for answered in range(IN_FLIGHT):
        program.receive()
        if answered < IN_FLIGHT - 20:
            program.send("tools/call", calls[answered + 20])
    return IN_FLIGHT / (time.perf_counter() - began)


def _row(figure: str, unit: str, taken: dict[str, list[float]], bound: str) -> Row:
    """Make a row of the median of the rounds, and of their ratios to the floor."""
    ratios = {name: f"{median(map(truediv, values, taken['floor'])):.2f} x" for name, values in taken.items()}
    others = (ratios.get(name, "") for name in PEERS)
    return figure, f"{median(taken['floor']):.4g} {unit}", ratios["ours"], *others, bound


FIGURES: dict[str, Callable[[int], list[Row]]] = {
    "start": start,
    "calls": calls,
    "http": http,
    "tokens": tokens,
}


def main() -> None:
    """Measure and print a table as Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("figures", nargs="*", help=f"any of {', '.join(FIGURES)}; all when none is named")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    options = parser.parse_args()
    rounds = 3 if options.quick else 7
    columns = ("figure", "floor", "ours", *PEERS, "bound")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
    for name in options.figures or FIGURES:
        for row in FIGURES[name](rounds):
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
