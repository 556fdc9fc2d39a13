"""The numbers that say what counts as odd: their names, their defaults, and how far each may go. Pure data; versions of it stand in `Limits`."""

import dataclasses
from collections.abc import Mapping

Numbers = Mapping[str, Mapping[str, int]]


@dataclasses.dataclass(frozen=True)
class Number:
    """One number of a detector: what it is at first, the least and the most it may be."""

    default: int
    least: int
    most: int


ON = Number(1, 0, 1)
KNOWN: dict[str, dict[str, Number]] = {
    "no_class": {"on": ON},
    "same_address": {"on": ON, "students": Number(3, 1, 30)},
    "burst": {"on": ON, "ten_minutes": Number(30, 5, 300), "hour": Number(60, 10, 1000), "times": Number(3, 1, 20)},
    "after_transfer": {"on": ON, "days": Number(14, 0, 120)},
    "planted": {"on": Number(0, 0, 1)},
    "volume": {"on": Number(1, 1, 1)},  # whoever was stopped is always told of
    "many_schools": {"on": ON, "schools": Number(5, 1, 50)},
    "sign_ins": {"on": ON, "tries": Number(20, 5, 1000)},
    "night": {"on": ON, "from_hour": Number(0, 0, 23), "to_hour": Number(5, 1, 24), "students": Number(10, 1, 300)},
}


class OutOfBounds(ValueError):
    """A number is missing, unknown or beyond its bounds; the text names it."""


def defaults() -> dict[str, dict[str, int]]:
    """Every number as it is at first."""
    return {detector: {name: number.default for name, number in numbers.items()} for detector, numbers in KNOWN.items()}


def check(numbers: Numbers) -> None:
    """Raises OutOfBounds unless exactly the known numbers are given, each within its bounds."""
    if set(numbers) != set(KNOWN):
        raise OutOfBounds("detectors")
    for detector, known in KNOWN.items():
        if set(numbers[detector]) != set(known):
            raise OutOfBounds(detector)
        for name, number in known.items():
            if not number.least <= numbers[detector][name] <= number.most:
                raise OutOfBounds(f"{detector}.{name}")
    if numbers["night"]["from_hour"] >= numbers["night"]["to_hour"]:
        raise OutOfBounds("night.to_hour")
