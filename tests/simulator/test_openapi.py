"""The simulator agrees with the project's description of the API, in generated cases."""

from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bytenite_mcp.simulator import World, create_app

schema = schemathesis.openapi.from_path(Path(__file__).parents[1] / "wire" / "openapi.yaml")
world = World(60)
schema.app = create_app(world)

# The description types `field` and `orderBy` as any text and closes no object, as ByteNite's own does;
# the simulator refuses unknown fields and members, so that a client's misspelling is not taken for a search.
STRICTER: list[Any] = [positive_data_acceptance]


@schema.auth()
class Token:
    """Authenticates every case, except those about missing authentication."""

    def get(self, *_: Any) -> str:
        answer = schema["/auth/access_token"]["POST"].Case(body={"apiKey": "demo-key"}).call()
        return str(answer.json()["token"])

    def set(self, case: schemathesis.Case[Any], token: str, _: Any) -> None:
        case.headers["Authorization"] = token


@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_generated_case_finds_anything(case: schemathesis.Case[Any]) -> None:
    assert case.call_and_validate(excluded_checks=STRICTER).status_code < 500


def test_every_job_its_results_and_its_log_are_as_described() -> None:
    job, results, logs = (
        schema["/customer/jobs/{jobId}"]["GET"],
        schema["/customer/jobs/{jobId}/results"]["GET"],
        schema["/customer/logs"]["POST"],
    )
    headers = {"Authorization": Token().get()}
    for (job_id,) in world.rows("SELECT id FROM jobs"):
        for operation in (job, results):
            case = operation.Case(path_parameters={"jobId": job_id}, headers=headers)
            assert operation.is_valid_response(case.call()), job_id
        assert logs.is_valid_response(logs.Case(body={"jobId": job_id}, headers=headers).call()), job_id
