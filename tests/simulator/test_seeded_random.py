"""Random numbers from a seed stay in their bounds and are the same each time."""

from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.simulator.seeded_random import SeededRandom

SEEDS = st.integers(0, 2**32)


@given(SEEDS, st.integers(1, 10**9), st.integers(-(10**9), 10**9))
def test_numbers_are_within_their_bounds(seed: int, width: int, least: int) -> None:
    draw = SeededRandom(seed)
    assert 0 <= draw.below(width) < width
    assert least <= draw.between(least, least + width) < least + width


@given(SEEDS, st.lists(st.integers(), min_size=1))
def test_an_item_is_one_of_the_choices(seed: int, choices: list[int]) -> None:
    assert SeededRandom(seed).pick(choices) in choices


@given(SEEDS)
def test_the_same_seed_draws_the_same(seed: int) -> None:
    one, other = ([draw.below(1000) for _ in range(20)] for draw in (SeededRandom(seed), SeededRandom(seed)))
    assert one == other


def test_every_choice_is_drawn() -> None:
    draw = SeededRandom(1)
    assert {draw.pick("abc") for _ in range(100)} == set("abc")
