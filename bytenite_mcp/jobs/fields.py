"""The fields of a job: what each holds, and which may be asked about."""

import difflib
import re
from dataclasses import dataclass
from enum import Enum

from bytenite_mcp.api.models import normalize_state
from bytenite_mcp.jobs.errors import BadQuery
from bytenite_mcp.privacy.names import fold_name, strength_of
from bytenite_mcp.privacy.suspicion import SOURCES


class Kind(Enum):
    """What a field holds; it decides how a value is understood and compared."""

    TEXT = "text"
    STATE = "state"
    PRIORITY = "priority"
    NUMBER = "number"
    TIME = "time"
    BOOLEAN = "true or false"
    LIST = "list"
    OBJECT = "object"
    FREE = "anything"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a job record.

    Attributes:
        name: Its dotted name on the wire.
        kind: What it holds.
        meaning: For people and models; with the unit.
    """

    name: str
    kind: Kind
    meaning: str = ""


def _table(*rows: tuple[str, Kind, str]) -> dict[str, Field]:
    return {name: Field(name, kind, meaning) for name, kind, meaning in rows}


FIELDS = _table(
    ("id", Kind.TEXT, "usually a UUID, but callers may choose it"),
    ("name", Kind.TEXT, "given by people"),
    ("description", Kind.TEXT, "given by people"),
    ("state", Kind.STATE, "where the job is; see states"),
    ("templateId", Kind.TEXT, "the template that ran, perhaps with @version"),
    ("appId", Kind.TEXT, "the app that ran"),
    ("priority", Kind.PRIORITY, "EXECUTION_PRIORITY_UNDEFINED, _CHEAP, _BALANCED or _FAST"),
    ("createdAt", Kind.TIME, "when the draft was made"),
    ("submittedAt", Kind.TIME, "often null even after a run"),
    ("startAt", Kind.TIME, "scheduled start"),
    ("startedAt", Kind.TIME, "when the run was accepted"),
    ("endedAt", Kind.TIME, "when it completed or failed"),
    ("completedAt", Kind.TIME, "endedAt in records of 2023"),
    ("deletedAt", Kind.TIME, "when it was soft-deleted"),
    ("deadline", Kind.TIME, "only in records of 2023"),
    ("duration", Kind.NUMBER, "seconds since startedAt"),
    (
        "paymentAmount",
        Kind.NUMBER,
        "price in ByteChips (BYC; 1 BYC = 1 hour of 1 CPU core + 1 GiB RAM), charged at completion",
    ),
    ("numChunks", Kind.NUMBER, "chunks the input was split into; one task each"),
    ("numUnitsEstimation", Kind.NUMBER, "unit undocumented"),
    ("errorMessage", Kind.TEXT, "why it failed"),
    ("config.taskTimeout", Kind.NUMBER, "seconds a task may take"),
    ("config.jobTimeout", Kind.NUMBER, "seconds the job may take"),
    ("config.maxTaskRetries", Kind.NUMBER, "tries of a task"),
    ("config.isTestJob", Kind.BOOLEAN, "a test run"),
    ("regions.whitelist", Kind.LIST, "regions it must run in"),
    ("regions.blacklist", Kind.LIST, "regions it must not run in"),
    ("templateInfo.id", Kind.TEXT, "the template's id"),
    ("templateInfo.app", Kind.TEXT, "the app that processes chunks"),
    ("templateInfo.partitioner", Kind.TEXT, "what splits the input"),
    ("templateInfo.assembler", Kind.TEXT, "what joins the results"),
    ("templateInfo.owner", Kind.TEXT, "who owns the template"),
    ("templateInfo.description", Kind.TEXT, "what the template does"),
    ("dataSource.dataSourceDescriptor", Kind.TEXT, "url, file, s3, gcp, storj, bucket or bypass"),
    ("dataSource.params.name", Kind.TEXT, "the input's name"),
    ("dataSource.params.bucketName", Kind.TEXT, "the input's bucket"),
    ("dataSource.params.cloudRegion", Kind.TEXT, "the input's region"),
    ("dataDestination.dataSourceDescriptor", Kind.TEXT, "as dataSource; bucket is temporary, kept 48 h"),
    ("dataDestination.params.name", Kind.TEXT, "the output's name"),
    ("dataDestination.params.bucketName", Kind.TEXT, "the output's bucket"),
    ("dataDestination.params.cloudRegion", Kind.TEXT, "the output's region"),
    ("params.preset", Kind.TEXT, "a preset of the template"),
)

SHORTHANDS = {
    "app": "templateInfo.app",
    "owner": "templateInfo.owner",
    "partitioner": "templateInfo.partitioner",
    "assembler": "templateInfo.assembler",
    "isTestJob": "config.isTestJob",
    "dataSource": "dataSource.dataSourceDescriptor",
    "dataDestination": "dataDestination.dataSourceDescriptor",
    "template": "templateId",
}

_SOURCES = {fold_name(name) for name in SOURCES}
_PARENTS = {name.rpartition(".")[0] for name in FIELDS if "." in name} | {"params", "stateTimestamps"}


def find_field(name: str, argument: str) -> Field:
    """Find a field by its name, whatever its case and with or without underscores.

    Args:
        name: A dotted name.
        argument: Which argument it came from, for the error.

    Raises:
        BadQuery: There is no such field, or what it holds is withheld.
    """
    known = None if "-" in name else _BY_SPELLING.get(fold_name(name))
    if known:
        return known
    if name in _PARENTS:
        members = sorted(one for one in FIELDS if one.startswith(name + "."))
        raise BadQuery(
            argument,
            f"{name!r} is an object; name a member such as {', '.join(members[:3]) or name + '.NAME'}",
        )
    head, _, rest = name.partition(".")
    if head == "params" and rest and len(name) <= 200:
        if any(strength_of(part) or fold_name(part) in _SOURCES for part in rest.split(".")):
            raise BadQuery(
                argument, f"{name!r} looks like a secret, which is withheld and cannot be asked about"
            )
        return Field(name, Kind.FREE)
    if head == "stateTimestamps" and re.fullmatch(r"\w{1,60}", rest):
        return Field(f"{head}.{normalize_state(rest)}", Kind.TIME, "when that state was reached")
    if head in ("dataSource", "dataDestination") and rest.startswith("params"):
        raise BadQuery(
            argument,
            f"{name[:80]!r} is withheld; of a data source only name, bucketName and cloudRegion can be asked about",
        )
    near = difflib.get_close_matches(name.lower(), _LOWER, n=3, cutoff=0.5) or ["name", "state", "createdAt"]
    raise BadQuery(
        argument,
        f"there is no field {name[:80]!r}; nearest are {', '.join(_LOWER.get(one, one) for one in near)}",
    )


_BY_SPELLING = {fold_name(name): one for name, one in FIELDS.items()} | {
    fold_name(short): FIELDS[full] for short, full in SHORTHANDS.items()
}
_LOWER = {name.lower(): name for name in (*FIELDS, *SHORTHANDS)}
