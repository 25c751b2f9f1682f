"""What a rule finds in a text, as texts."""

from collections.abc import Callable, Iterable

from bytenite_mcp.privacy.spans import Span, join


def found(find: Callable[[str], Iterable[Span]], text: str) -> list[str]:
    """Return the parts of a text that a rule finds, in order; those that touch are one."""
    return [text[slice(*span)] for span in join(find(text))]
