"""How long one call may take, over every transport."""

CALL_LIMIT = 48.0
"""Seconds a call may take in all; hosts give up after about a minute."""

TOO_LONG = f"This took longer than {CALL_LIMIT:.0f} s. Ask for less at once, or try again later."
