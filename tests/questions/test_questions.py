from statistics import median
from typing import Any

import pytest
from mcp import Client
from starlette.applications import Starlette

from bytenite_mcp.simulator import World, create_app
from tests.questions.asking import Question, Since, ask, filters_sent, is_right, moment, serve, tokens
from tests.questions.catalogue import QUESTIONS

pytestmark = pytest.mark.anyio

VALUE = "type.googleapis.com/google.protobuf.Value"
MINUTE = 1 / 24 / 60


def named(question: Question) -> str:
    return question.text


@pytest.mark.parametrize("question", QUESTIONS, ids=named)
async def test_a_question_is_answered_rightly_in_one_or_two_calls_and_the_filter_that_was_meant_is_sent(
    question: Question, world: World, app: Starlette, client: Client, record_property: Any
) -> None:
    app.state.requests.clear()
    answer = await ask(question, client, world)

    record_property("tokens", answer.tokens)
    assert is_right(question, answer), (answer.given, answer.right)
    assert len(answer.results) <= 2
    sent = filters_sent(app)
    assert not question.sent or any(is_as_meant(filters, question, world) for filters in sent), sent


async def test_one_server_answers_all_questions_in_seven_hundred_tokens_at_the_median(
    mode: str, world: World, record_property: Any
) -> None:
    async with Client(serve(create_app(world, meanings=mode.split()))) as client:
        answers = [await ask(question, client, world) for question in QUESTIONS]

    wrong = [q.text for q, answer in zip(QUESTIONS, answers, strict=True) if not is_right(q, answer)]
    spent = [tokens(result) for answer in answers for result in answer.results]
    record_property("tokens", sum(spent))
    assert not wrong
    assert median(spent) <= 700


def is_as_meant(sent: list[dict[str, Any]], question: Question, world: World) -> bool:
    return len(sent) == len(question.sent) and all(
        one["field"] == field
        and one["condition"] == f"FILTER_CONDITION_{condition}"
        and one["value"].keys() == {"@type", "value"}
        and one["value"]["@type"] == VALUE
        and is_value(one["value"]["value"], wanted, world)
        for one, (field, condition, wanted) in zip(sent, question.sent, strict=True)
    )


def is_value(value: Any, wanted: Any, world: World) -> bool:
    if not isinstance(wanted, Since):
        return type(value) is type(wanted) and bool(value == wanted)
    ((sent,),) = world.rows("SELECT julianday(?)", [value])
    return bool(abs(sent - moment(world, "julianday", wanted.modifiers)) < MINUTE)
