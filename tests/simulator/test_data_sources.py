"""Data sources of every kind, with planted secrets that are known."""

import json

import pytest

from bytenite_mcp.simulator import PLANTED, World
from bytenite_mcp.simulator.data_sources import DESTINATIONS, SOURCES, make_params, make_source
from bytenite_mcp.simulator.seeded_random import SeededRandom
from tests.simulator.worlds import records


def test_every_kind_of_source_is_there(world: World) -> None:
    kinds = {job["dataSource"]["dataSourceDescriptor"] for job in records(world) if job["dataSource"]}
    assert kinds == {"url", "s3", "aws", "gcp", "storj", "file", "bucket", "bypass"}


def test_every_planted_secret_is_known_to_the_world(world: World) -> None:
    text = json.dumps(records(world))
    assert len(world.secrets) > 50
    assert text.count(PLANTED) == sum(text.count(secret) for secret in world.secrets)


@pytest.mark.parametrize("kind", sorted({*SOURCES, *DESTINATIONS}))
def test_a_source_names_its_kind_and_its_secrets_begin_with_the_mark(kind: str) -> None:
    for seed in range(20):
        source = make_source(SeededRandom(seed), kind)
        assert source["dataSourceDescriptor"] == kind
        params = source["params"] or {}
        for name in ("accessKey", "secretKey", "tempUrl", "password"):
            assert not params.get(name) or PLANTED in params[name]


def test_parameters_are_those_of_the_three_parts_of_a_template() -> None:
    made = [make_params(SeededRandom(seed)) for seed in range(100)]
    assert all(params.keys() == {"preset", "partitioner", "assembler", "app"} for params in made)
    assert 5 < sum(PLANTED in json.dumps(params) for params in made) < 50
