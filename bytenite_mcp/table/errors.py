"""What is wrong with a question, said so that the one who asked can put it right; and what happens to a table."""


class BadQuery(ValueError):
    """An argument that cannot be understood.

    Attributes:
        argument: Its name as the caller knows it, such as `filters[0].value`.
    """

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"{argument}: {problem}.")
        self.argument = argument


class TableFull(Exception):
    """No more rows fit into the memory that the table may take; those before are there."""


class TableLost(Exception):
    """The table is gone with all its rows, as it met its limit of memory at a bad moment; all has to be read again."""
