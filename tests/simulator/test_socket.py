"""Faults that are only real on a real connection."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from threading import Thread

import httpx
import pytest

from bytenite_mcp.commands.ports import listen
from bytenite_mcp.commands.simulate import serve
from bytenite_mcp.simulator import Fault, World, create_app
from tests.server.serving import served
from tests.simulator.conftest import Clock


@pytest.fixture
def http(world: World) -> Iterator[httpx.Client]:
    faults = [Fault("reset", on="results"), Fault("cut", on="filter"), Fault("endless", on="info")]
    app = create_app(world, faults=faults)
    with served(app) as url, httpx.Client(base_url=f"{url}/v1/") as client:
        token = client.post("auth/access_token", json={"apiKey": "demo-key"}).json()["token"]
        client.headers["Authorization"] = token
        yield client


def test_a_reset_closes_the_connection_without_an_answer(http: httpx.Client) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        http.get("customer/jobs/text/results")
    assert http.get("customer/jobs").status_code == 200


def test_a_cut_answer_breaks_off(http: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("customer/jobs/filter", json={})
    assert http.get("customer/jobs").status_code == 200


def test_an_answer_has_one_date_by_the_simulated_clock(http: httpx.Client, clock: Clock) -> None:
    (date,) = http.get("customer/jobs").headers.get_list("date")
    assert parsedate_to_datetime(date) == clock().replace(microsecond=0)


def test_an_endless_answer_can_be_left(http: httpx.Client) -> None:
    with http.stream("GET", "customer/info") as answer:
        assert len(next(answer.iter_bytes(1_000_000))) == 1_000_000
    assert http.get("customer/jobs").status_code == 200


def knock_until_refused(url: str) -> None:
    while True:
        try:
            httpx.get(url)
        except httpx.ConnectError:
            return
        except httpx.TransportError:
            pass  # accepted just before the port closed


def test_connections_are_refused_for_a_while_and_then_taken_again(world: World) -> None:
    listening = listen("127.0.0.1", 0)
    app = create_app(world, faults=[Fault("refused", on="info", times=1, seconds=0.5)])
    thread = Thread(target=serve, args=(app, listening))
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1/customer/info"
    with httpx.Client(transport=httpx.HTTPTransport(retries=9)) as patient:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            patient.get(url)
        knock_until_refused(url.replace("info", "jobs"))
        assert patient.get(url).status_code == 401
    app.state.refuse_connections(0)
    thread.join()
