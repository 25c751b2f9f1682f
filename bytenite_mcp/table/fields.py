"""The fields of a job: one list, from which columns, filters, the reference and tools' descriptions are made."""

import difflib
import re
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import NoReturn

from bytenite_mcp.api.models import normalize_state
from bytenite_mcp.privacy.names import fold_name, strength_of
from bytenite_mcp.privacy.walk import SOURCES
from bytenite_mcp.table.errors import BadQuery


class Kind(Enum):
    """The type of a field, which determines how values are read and compared."""

    TEXT = "text"
    STATE = "state"
    PRIORITY = "priority"
    NUMBER = "number"
    TIME = "time"
    BOOLEAN = "true or false"
    LIST = "list"
    OBJECT = "object"
    FREE = "anything"


_SQL_TYPES = {
    Kind.NUMBER: "DOUBLE",
    Kind.TIME: "TIMESTAMPTZ",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.LIST: "VARCHAR[]",
    Kind.OBJECT: "JSON",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a job.

    Attributes:
        name: Its dotted name in the API, or the name of its column if the API has none.
        kind: Its type.
        meaning: Its description for people and models, with the unit.
        column: Its name in SQL.
        unit: The abbreviated unit of a number.
        sql_type: Its type in SQL; by its kind if "".
        paths: Its paths in a record, of which the first that is set is used; `name` if empty.
        only_in_sql: Whether it is computed here, so that ByteNite's filters do not know it.
        shown: Whether its column is visible in SQL.
        positive: Whether 0 means unset, and a negative number cannot be read.
    """

    name: str
    kind: Kind
    meaning: str
    column: str = ""
    unit: str = ""
    sql_type: str = ""
    paths: tuple[str, ...] = ()
    only_in_sql: bool = False
    shown: bool = True
    positive: bool = False

    @property
    def in_sql(self) -> str:
        """The name of its column in SQL."""
        return self.column or self.name

    @property
    def stored_as(self) -> str:
        """The SQL type of its column."""
        return self.sql_type or _SQL_TYPES.get(self.kind, "VARCHAR")

    @property
    def found_at(self) -> tuple[str, ...]:
        """Its paths in a record."""
        return self.paths or (self.name,)


EVERY_FIELD = (
    Field("id", Kind.TEXT, "usually a UUID, but callers may choose it"),
    Field("name", Kind.TEXT, "given by people"),
    Field("description", Kind.TEXT, "given by people"),
    Field("state", Kind.STATE, "where the job is; see states"),
    Field("templateId", Kind.TEXT, "the template that ran, perhaps with @version"),
    Field("appId", Kind.TEXT, "the app that ran"),
    Field("priority", Kind.PRIORITY, "EXECUTION_PRIORITY_UNDEFINED, _CHEAP, _BALANCED or _FAST"),
    Field("createdAt", Kind.TIME, "when the draft was made"),
    Field("submittedAt", Kind.TIME, "often null even after a run"),
    Field("startAt", Kind.TIME, "scheduled start"),
    Field("startedAt", Kind.TIME, "when the run was accepted"),
    Field("endedAt", Kind.TIME, "when it completed or failed", paths=("endedAt", "completedAt")),
    Field("completedAt", Kind.TIME, "endedAt in records of 2023", column="endedAt", shown=False),
    Field("deletedAt", Kind.TIME, "when it was soft-deleted"),
    Field("deadline", Kind.TIME, "only in records of 2023", shown=False),
    Field("duration", Kind.NUMBER, "seconds since startedAt; 0 is unset", unit="s", positive=True),
    Field(
        "paymentAmount",
        Kind.NUMBER,
        "price in ByteChips (BYC; 1 BYC = 1 hour of 1 CPU core + 1 GiB RAM), charged at completion",
        unit="BYC",
    ),
    Field("byc", Kind.NUMBER, "what was charged; null unless COMPLETE", unit="BYC", only_in_sql=True),
    Field("numChunks", Kind.NUMBER, "chunks the input was split into; one task each", sql_type="BIGINT"),
    Field("numUnitsEstimation", Kind.NUMBER, "unit undocumented", sql_type="BIGINT"),
    Field("errorMessage", Kind.TEXT, "why it failed"),
    Field("errorKind", Kind.TEXT, "errorMessage with ids and varying numbers as #", only_in_sql=True),
    Field("cause", Kind.TEXT, "what the error most likely means", only_in_sql=True),
    Field("config.isTestJob", Kind.BOOLEAN, "a test run", column="isTestJob"),
    Field("config.taskTimeout", Kind.NUMBER, "seconds a task may take", column="taskTimeout", unit="s"),
    Field("config.jobTimeout", Kind.NUMBER, "seconds the job may take", column="jobTimeout", unit="s"),
    Field(
        "config.maxTaskRetries", Kind.NUMBER, "tries of a task", column="maxTaskRetries", sql_type="BIGINT"
    ),
    Field("regions.whitelist", Kind.LIST, "regions it must run in", column="regions"),
    Field("regions.blacklist", Kind.LIST, "regions it must not run in", column="excludedRegions"),
    Field("templateInfo.id", Kind.TEXT, "the template's id", column="templateInfoId", shown=False),
    Field("templateInfo.app", Kind.TEXT, "the app that processes chunks", column="app"),
    Field("templateInfo.partitioner", Kind.TEXT, "what splits the input", column="partitioner"),
    Field("templateInfo.assembler", Kind.TEXT, "what joins the results", column="assembler"),
    Field("templateInfo.owner", Kind.TEXT, "who owns the template", column="owner"),
    Field("templateInfo.description", Kind.TEXT, "what the template does", column="templateDescription"),
    Field(
        "dataSource.dataSourceDescriptor",
        Kind.TEXT,
        "url, file, s3 or aws (both are S3), gcp, storj, bucket or bypass",
        column="dataSource",
    ),
    Field("dataSource.params.name", Kind.TEXT, "the input's name", column="sourceName"),
    Field("dataSource.params.bucketName", Kind.TEXT, "the input's bucket", column="sourceBucket"),
    Field("dataSource.params.cloudRegion", Kind.TEXT, "the input's region", column="sourceRegion"),
    Field(
        "dataDestination.dataSourceDescriptor",
        Kind.TEXT,
        "as dataSource; bucket is temporary, kept 48 h",
        column="dataDestination",
    ),
    Field("dataDestination.params.name", Kind.TEXT, "the output's name", column="destinationName"),
    Field("dataDestination.params.bucketName", Kind.TEXT, "the output's bucket", column="destinationBucket"),
    Field("dataDestination.params.cloudRegion", Kind.TEXT, "the output's region", column="destinationRegion"),
    Field("params.preset", Kind.TEXT, "a preset of the template", column="preset"),
    Field("params", Kind.OBJECT, "the user's own parameters, at most 2 kB", only_in_sql=True),
    Field(
        "finished",
        Kind.BOOLEAN,
        "COMPLETE, FAILED, or unknown with endedAt; null for drafts",
        only_in_sql=True,
    ),
    Field("waitSeconds", Kind.NUMBER, "createdAt to startedAt, at least 0", unit="s", only_in_sql=True),
)

FIELDS = {field.name: field for field in EVERY_FIELD if not field.only_in_sql}
"""The fields that can be filtered and sorted by, also by the API."""

SHORTHANDS = {field.column: field.name for field in FIELDS.values() if field.shown and field.column} | {
    "template": "templateId"
}
"""The fields by the names of their columns."""

EASILY_MISREAD = {
    "owner": "owner is the template's; who ran a job is not recorded.",
    "regions": "regions are where a job must run; where it ran is not recorded.",
}
"""What to tell when a column is shown whose name seems to mean something else."""

OTHER_WORDS = {
    word: columns.split()
    for columns, words in {
        "byc paymentAmount": "cost price amount spend charge credits",
        "endedAt": "completedat finishedat completed ended endtime",
        "createdAt": "created creationtime",
        "createdAt startedAt endedAt": "updatedat modifiedat",
        "owner": "user username userid createdby",
        "duration": "runtime elapsed",
        "state": "status",
        "errorMessage": "error",
        "startedAt": "started starttime",
        "numChunks": "chunks",
    }.items()
    for word in words.split()
}
"""Columns by other words for them, in lower case."""

_SOURCES = {fold_name(name) for name in SOURCES}
_PARENTS = {name.rpartition(".")[0] for name in FIELDS if "." in name} | {"params", "stateTimestamps"}


def find_field(name: str, argument: str) -> Field:
    """Find a field by its name, ignoring case and underscores.

    Args:
        name: A dotted name, or that of a column.
        argument: The name of its argument, for errors.

    Raises:
        BadQuery: There is no such field, or its values are withheld.
    """
    # fold_name drops hyphens, and "-createdAt", as other APIs sort, must not mean createdAt.
    known = None if "-" in name else _BY_SPELLING.get(fold_name(name))
    if known:
        return known
    if name in _PARENTS:
        members = sorted(field for field in FIELDS if field.startswith(name + "."))
        raise BadQuery(
            argument,
            f"{name!r} is an object; name a member such as {', '.join(members[:3]) or name + '.NAME'}",
        )
    return _find_member(name, argument) or _refuse(name, argument)


def _find_member(name: str, argument: str) -> Field | None:
    """Find a member of params or stateTimestamps, whose names are not fixed."""
    head, _, rest = name.partition(".")
    # DuckDB's JSON paths have no empty step, and a record no name with NUL.
    if head == "params" and all(rest.split(".")) and "\0" not in rest and len(name) <= 200:
        if any(strength_of(part) or fold_name(part) in _SOURCES for part in rest.split(".")):
            raise BadQuery(
                argument, f"{name!r} looks like a secret, which is withheld and cannot be asked about"
            )
        return Field(name, Kind.FREE, "the user's own")
    if head == "stateTimestamps" and re.fullmatch(r"\w{1,60}", rest):
        return Field(f"{head}.{normalize_state(rest)}", Kind.TIME, "when that state was reached")
    return None


def _refuse(name: str, argument: str) -> NoReturn:
    head, _, rest = name.partition(".")
    if head in ("dataSource", "dataDestination") and rest.startswith("params"):
        raise BadQuery(
            argument,
            f"{name[:80]!r} is withheld; of a data source only name, bucketName and cloudRegion can be asked about",
        )
    if any(field.name == name and field.only_in_sql for field in EVERY_FIELD):
        raise BadQuery(argument, f"{name!r} is no field of filters; query_jobs has it as a column")
    meant = [known for known in OTHER_WORDS.get(fold_name(name), []) if known in {*FIELDS, *SHORTHANDS}]
    near = (
        meant
        or difflib.get_close_matches(name.lower(), _LOWER, n=3, cutoff=0.5)
        or ["name", "state", "createdAt"]
    )
    raise BadQuery(
        argument,
        f"there is no field {name[:80]!r}; similar: {', '.join(_LOWER.get(known, known) for known in near)}"
        + "".join(f". {EASILY_MISREAD[known].rstrip('.')}" for known in near if known in EASILY_MISREAD),
    )


_BY_SPELLING = {fold_name(name): field for name, field in FIELDS.items()} | {
    fold_name(short): FIELDS[full] for short, full in SHORTHANDS.items()
}
_LOWER = {name.lower(): name for name in (*FIELDS, *SHORTHANDS)}


def describe_columns() -> str:
    """List the columns of `jobs` by type, numbers with their units."""
    shown = sorted((field for field in EVERY_FIELD if field.shown), key=lambda field: field.stored_as)
    return "; ".join(
        f"{sql_type} {', '.join(f'{field.in_sql} ({field.unit})' if field.unit else field.in_sql for field in fields)}"
        for sql_type, fields in groupby(shown, key=lambda field: field.stored_as)
    )
