"""How many children the public is told of. Pure."""

FEWEST = 10


def rounded(number: int | None) -> int | None:
    """A number that tells about how many: 0 stands for fewer than ten (and not for nobody), None for not known.

    To tens below a hundred, to fifties below a thousand, to hundreds above: a group that could be known by its number is not told, and two
    texts about the same incident do not differ by one child.
    """
    if number is None:
        return None
    if number < FEWEST:
        return 0
    step = 10 if number < 100 else 50 if number < 1_000 else 100
    return max(FEWEST, round(number / step) * step)
