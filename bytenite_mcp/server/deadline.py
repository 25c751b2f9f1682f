"""The time limits of calls, over every transport.

The deadline is set where a call arrives. The rooms below read `anyio.current_effective_deadline()`, and stop early
enough to answer with what they have.
"""

CALL_LIMIT = 45.0
"""Seconds that a call may take; hosts give up after about a minute."""

LIST_LIMIT = 5.0
"""Seconds that a list of resources or a completion may take, while a person waits."""

NO_LIST = f"ByteNite did not answer within {LIST_LIMIT:.0f} s."

TOO_LONG = f"This took longer than {CALL_LIMIT:.0f} s. Ask for less at once, or try again later."
