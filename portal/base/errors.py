"""What an action raises that does not do what was asked."""

from django.utils.functional import Promise


class CannotDo(Exception):
    """Something was not done; `what_to_do` says why and what helps, in words for the person. `code` is the word that the trail keeps, where the
    refusal is kept.
    """

    def __init__(self, what_to_do: str | Promise, *, code: str = "not_allowed"):
        super().__init__(code)
        self.what_to_do = str(what_to_do)
        self.code = code

    def __str__(self) -> str:
        return f"{self.code}: {self.what_to_do}"
