"""The simulator as a process that serves on a port."""

import socket
from typing import Any

import httpx

from tests.commands.running import run, simulating


def test_a_port_that_is_taken_is_said_without_a_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = run("simulate", "--port", str(listening.getsockname()[1]))
    assert done.returncode != 0
    assert "Cannot listen" in done.stderr
    assert "already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_simulator_answers_on_a_port_and_says_how_to_reach_it() -> None:
    with simulating("--jobs", "12", "--seed", "9") as (url, said):
        assert said == f"Simulated ByteNite with 12 jobs on {url}; its API key is demo-key.\n"
        token = httpx.post(f"{url}/auth/access_token", json={"apiKey": "demo-key"}).json()["token"]
        answer: Any = httpx.get(f"{url}/customer/jobs", headers={"Authorization": token}).json()
        assert answer["pagination"]["total"] == 12


def test_the_simulator_reads_searches_in_the_ways_it_is_told() -> None:
    meanings = ("--meaning", "limit-cap-7", "--meaning", "total-minus-one")
    with simulating("--jobs", "30", *meanings) as (url, _):
        token = httpx.post(f"{url}/auth/access_token", json={"apiKey": "demo-key"}).json()["token"]
        answer: Any = httpx.get(f"{url}/customer/jobs", headers={"Authorization": token}).json()
        assert (len(answer["data"]), answer["pagination"]["total"]) == (7, -1)
