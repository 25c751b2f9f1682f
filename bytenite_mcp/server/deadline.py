"""How long one call may take, over every transport.

The deadline is set where a call comes in. What is below takes its time from `anyio.current_effective_deadline()`, less
what it keeps for its answer, and so ends before it with what it has by then.
"""

CALL_LIMIT = 45.0
"""Seconds a call may take in all; hosts give up after about a minute."""

LIST_LIMIT = 5.0
"""Seconds that a list of resources or a completion may take, which a host shows while a person types or waits."""

NO_LIST = f"ByteNite did not answer within {LIST_LIMIT:.0f} s."

TOO_LONG = f"This took longer than {CALL_LIMIT:.0f} s. Ask for less at once, or try again later."
