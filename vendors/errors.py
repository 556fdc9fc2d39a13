"""What could not be done, in words for the person."""


class CannotDo(Exception):
    """Something was not done; `what_to_do` says why and what helps. `code` is the word that the trail keeps, where the refusal is kept."""

    def __init__(self, what_to_do: str, *, code: str = "not_allowed"):
        super().__init__(code)
        self.what_to_do = what_to_do
        self.code = code
