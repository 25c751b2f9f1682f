"""Puts records that requests returned into the table, and requests those that leave a doubt by their ids."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass

from bytenite_mcp.api.errors import ByteNiteError, TooManyRequests, Unauthenticated
from bytenite_mcp.api.models import JobState, to_text
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table.by_id import MOST_ASKED_FOR, ask_for, usable
from bytenite_mcp.table.changes import Changes
from bytenite_mcp.table.store import Store


@dataclass(frozen=True, slots=True)
class Intake:
    """Puts records of the account's jobs into its table.

    Attributes:
        client: The client of the account.
        store: The table.
        clock: A monotonic clock in seconds.
    """

    client: CleanClient
    store: Store
    clock: Callable[[], float]

    async def put(self, records: Sequence[CleanRecord], asked_at: float) -> dict[int, CleanRecord]:
        """Put records that a filter or an order found into the table.

        If all of them lack members that most jobs of the list have, the table's values of these are kept, and new or
        changed jobs are requested one by one or, if they are many, with all others at the next question. New jobs that
        the list should have had are requested, too: they may be gone by now.

        Args:
            records: Some of the account's jobs.
            asked_at: When they were requested.

        Returns:
            The records by the numbers of their rows; the row of a job that is gone does not exist.

        Raises:
            Refusal: There were too many requests, or the key is refused.
            TableFull: The records do not fit.
            TableLost: The table is gone.
        """
        lacking = self.lacking(records)
        changes = await self.enter(records, asked_at, lacking)
        fresh = [records[place] for place in changes.fresh]
        await self._check_unlisted(fresh, changes)
        if not lacking or not fresh:
            return dict(zip(changes.numbers, records, strict=True))
        gone = await self.look_up(_ids(fresh))
        if gone is None and self.store.snapshot:
            self.store.snapshot.lacks_members = True
        there = [record for record in records if to_text(record.get("id")) not in (gone or ())]
        changes = await self.enter(there, asked_at, lacking)
        return dict(zip(changes.numbers, there, strict=True))

    async def enter(
        self, records: Sequence[CleanRecord], asked_at: float, lacking: Set[str] = frozenset()
    ) -> Changes:
        """Put records into the table; if few are doubtful, these are requested by their ids.

        A job is doubtful if it is unfinished although the table has it finished, or if it is new or changed, and
        complete without a price, which a route may omit.

        Args:
            records: Some of the account's jobs.
            asked_at: When they were requested.
            lacking: Members that none of them has and most jobs have; the table's values of these are kept.

        Raises:
            Refusal: There were too many requests, or the key is refused.
            TableFull: The records do not fit.
            TableLost: The table is gone.
        """
        changes = await self.store.put(records, asked_at, lacking)
        fresh = (records[place] for place in changes.fresh)
        doubtful = [*(records[place] for place in changes.behind), *filter(_lacks_price, fresh)]
        gone = await self.look_up(_ids(doubtful)) if doubtful else None
        if gone is None:
            return changes
        there = [place for place, record in enumerate(records) if to_text(record.get("id")) not in gone]
        again = await self.store.put([records[place] for place in there], asked_at, lacking)
        numbers = dict(enumerate(changes.numbers)) | dict(zip(there, again.numbers, strict=True))
        return Changes(
            [*numbers.values()],
            sorted({*changes.fresh, *(there[place] for place in again.fresh)}),
            changes.added + again.added,
            changes.replaced + again.replaced,
            [there[place] for place in again.behind],
        )

    async def look_up(self, ids: Iterable[str | None]) -> Set[str] | None:
        """Request jobs by their ids: put those that exist into the table, and remove the others from it.

        Returns:
            The ids of those that are gone; None if they are too many to be requested, or a request failed.

        Raises:
            Refusal: There were too many requests, or the key is refused.
            TableFull: The jobs do not fit.
            TableLost: The table is gone.
        """
        wanted, asked_at = usable(ids), self.clock()
        if len(wanted) > MOST_ASKED_FOR:
            return None
        try:
            found, gone = await ask_for(self.client, wanted)
        except (TooManyRequests, Unauthenticated):
            raise
        except ByteNiteError:
            return None
        await self.store.put(found, asked_at, believe=True)
        await self.store.remove(gone)
        return set(gone)

    def lacking(self, records: Sequence[CleanRecord]) -> Set[str]:
        """Return the members that none of the records has, and most jobs of the list have."""
        return self.store.members - set[str]().union(*records)

    async def _check_unlisted(self, fresh: Sequence[CleanRecord], changes: Changes) -> None:
        """Find out whether the list lacks jobs that a filter found, unless these are gone by now."""
        snapshot = self.store.snapshot
        if snapshot and snapshot.lists_all and snapshot.lacks_some(fresh, changes):
            gone = await self.look_up(_ids(fresh)) or ()
            left = [record for record in fresh if to_text(record.get("id")) not in gone]
            snapshot.lists_all = not snapshot.lacks_some(left, changes)


def _lacks_price(record: CleanRecord) -> bool:
    return Job(record).state == JobState.COMPLETE and not record.get("paymentAmount")


def _ids(records: Iterable[CleanRecord]) -> list[str]:
    return [to_text(record.get("id")) for record in records]
