"""The `doctor` command: prints the settings and their origin, and checks the API, its filters and the clients."""

from collections.abc import Awaitable, Mapping

from pydantic import SecretStr

from bytenite_mcp.api.client import Client
from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.api.filters import Condition, Filter, Value
from bytenite_mcp.api.values import write_count
from bytenite_mcp.commands.client_entries import check_clients
from bytenite_mcp.commands.machine import Machine
from bytenite_mcp.config import Settings, name_variable
from bytenite_mcp.jobs.ask import Question
from bytenite_mcp.jobs.find import Finder
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.sanitize import sanitize
from bytenite_mcp.server.current_client import open_client
from bytenite_mcp.server.errors import EXPECTED, explain
from bytenite_mcp.table.background import Background
from bytenite_mcp.table.dates import utc_now
from bytenite_mcp.table.filters import understand
from bytenite_mcp.table.reader import Reader

ASKED: dict[Condition, tuple[str, Value]] = {
    Condition.EQ: ("state", "COMPLETE"),
    Condition.NEQ: ("state", "COMPLETE"),
    Condition.GT: ("numChunks", 1),
    Condition.GTE: ("createdAt", "now-30d"),
    Condition.LT: ("createdAt", "now-30d"),
    Condition.LTE: ("numChunks", 1),
    Condition.IN: ("state", ["COMPLETE", "FAILED"]),
    Condition.NOT_IN: ("state", ["COMPLETE", "FAILED"]),
    Condition.LIKE: ("templateId", "%A%"),
    Condition.ARRAY_CONTAINS: ("regions.whitelist", "eu"),
    Condition.ARRAY_CONTAINS_ANY: ("regions.whitelist", ["eu", "us"]),
}
"""The field and value that each condition is tried with; most accounts use these fields."""


async def examine(settings: Settings, machine: Machine) -> int:
    """Print a report; return 1 if a check failed."""
    _print_settings(settings, machine.environ)
    outcomes = await _check_api(settings)
    if not await check_clients(machine) or "failed" in outcomes:
        return 1
    print("\nNothing failed." if "partial" in outcomes else "\nAll is well.")
    return 0


def _print_settings(settings: Settings, environ: Mapping[str, str]) -> None:
    print("Settings")
    for name in settings.environment_fields():
        print(
            f"  {name_variable(name):26} {_show(getattr(settings, name)):34} {_name_origin(name, settings, environ)}"
        )


async def _check_api(settings: Settings) -> set[str]:
    """Print the results of checks of the API, and return their outcomes."""
    print(f"\nByteNite at {settings.host}")
    async with open_client(settings) as client:
        # Without a token, all other checks would fail too.
        if not await _check("exchange the key for a token", _exchange_key(client)):
            return {"failed"}
        passed = [
            await _check("ask for the API's version", _ask_version(client)),
            await _check("list one job", _count_jobs(client)),
        ]
        if client.simulated:
            print("  This is a simulator: its jobs are not real.")
        return await compare_filters(CleanClient(client), settings.max_jobs) if all(passed) else {"failed"}


async def compare_filters(client: CleanClient, max_jobs: int) -> set[str]:
    """Compare ByteNite's filters with ours, and return the outcomes.

    A difference is no failure, because this server then filters itself.
    """
    outcomes = set[str]()
    print("\nByteNite's filters, compared with all jobs (where they differ, this server filters)")
    async with Background(max_jobs) as background:
        reader = Reader(client, background)
        try:
            for condition, (field, value) in ASKED.items():
                asked = Filter(field=field, condition=condition, value=value)
                outcome, why = await _compare(Finder(client, reader), asked)
                print(_lay_out(f"  {outcome:7} {field} {condition.short} {value}{why and f': {why}'}"))
                outcomes.add(outcome)
                if outcome == "partial":  # every further question would wait as long for the table
                    break
        finally:
            await reader.aclose()
    return outcomes


async def _compare(finder: Finder, asked: Filter) -> tuple[str, str]:
    """Ask for a page; return how ByteNite's answer compares with the table's, and why."""
    try:
        page = await finder.page(Question(understand([asked], utc_now())))
    except EXPECTED as error:
        return "failed", explain(error)
    if page.partial:
        note = f" {page.status.note}" if page.status and page.status.note else ""
        return "partial", f"not all jobs could be read, so the comparison ends here.{note}"
    if page.why:
        return "differs", page.why
    return "same", "" if page.total else "no job matches, so this shows little"


def _lay_out(text: str) -> str:
    """Lay out untrusted text: escape terminal controls, and indent further lines."""
    return sanitize(text).replace("\n", "\n          ")


async def _check(name: str, result: Awaitable[str]) -> bool:
    """Print the result of a check; return whether it passed."""
    try:
        print(_lay_out(f"  ok      {name}: {await result}"))
    except ByteNiteError as error:
        print(_lay_out(f"  failed  {name}: {explain(error)}"))
        return False
    return True


async def _exchange_key(client: Client) -> str:
    await client.check_key()
    return "accepted"


async def _ask_version(client: Client) -> str:
    version = (await client.info()).get("version")
    parts = version if isinstance(version, dict) else {}
    return f"{parts.get('major', '?')}.{parts.get('minor', '?')}"


async def _count_jobs(client: Client) -> str:
    page = await client.jobs(limit=1)
    return f"answered; it counts {write_count(page.total, 'job')}" if page.total else "answered"


def _show(value: object) -> str:
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "not set"
    return str(value)


def _name_origin(name: str, settings: Settings, environ: Mapping[str, str]) -> str:
    if environ.get(name_variable(name), "").strip():
        return "from the environment"
    from_file = name == "api_key" and settings.api_key_file
    return f"from {name_variable('api_key_file')}" if from_file else "default"
