"""The data that simulated accounts are made of: it agrees with itself."""

from string import Formatter

import pytest

from bytenite_mcp.simulator.templates import FAILURES, NAMES, RUN, TEMPLATES, Failure, Template


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_can_run_and_fails_for_a_reason_there_is(template: Template) -> None:
    assert template.seconds > 0
    assert template.chunks > 0
    assert template.price > 0
    assert 0 <= template.failing < 1
    assert template.mostly in {"", *FAILURES}
    assert template.versions
    assert "@" not in template.name


def test_templates_have_names_of_their_own() -> None:
    assert len({template.name for template in TEMPLATES}) == len(TEMPLATES)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_failure_happens_in_a_run_and_can_be_told_by_its_opening(failure: Failure) -> None:
    assert failure.stage in RUN
    assert failure.stage != RUN[-1]
    assert failure.opening
    assert [other for other in FAILURES.values() if other.message.startswith(failure.opening)] == [failure]


def test_names_vary_by_template_and_number_alone() -> None:
    fields = {field for name in NAMES for _, field, _, _ in Formatter().parse(name) if field}
    assert fields == {"template", "number"}
