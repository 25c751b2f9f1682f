"""Errors of questions, with messages that help to correct them, and of tables."""


class BadQuery(ValueError):
    """An invalid argument.

    Attributes:
        argument: Its name for the caller, such as `filters[0].value`.
    """

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"{argument}: {problem}.")
        self.argument = argument


class TableFull(Exception):
    """The table's memory limit is reached; the rows written before are kept."""

    def __init__(self) -> None:
        super().__init__(
            "The table has no memory left for these jobs. Ask for fewer at once, or for one by its id."
        )


class TableLost(Exception):
    """The table is gone, because it hit its memory limit at a bad moment; everything must be read again."""

    def __init__(self) -> None:
        super().__init__("The table ran out of memory, and is read again. Ask again in some seconds.")
