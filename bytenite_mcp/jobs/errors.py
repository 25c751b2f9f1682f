"""What is wrong with a question, said so that the one who asked can put it right."""


class BadQuery(ValueError):
    """An argument that cannot be understood.

    Attributes:
        argument: Its name as the caller knows it, such as `filters[0].value`.
    """

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"{argument}: {problem}.")
        self.argument = argument
