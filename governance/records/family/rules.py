"""What a court order keeps back from a parent, and what a line may tell then."""

import dataclasses

# What tells a place, a schedule or a way to reach somebody: kept back where an order forbids contact (Guardianship.Limit.NO_CONTACT).
PLACES = frozenset(
    {
        "address",
        "phone",
        "email",
        "username",
        "guardian-name",
        "guardian-email",
        "guardian-phone",
        "guardian-address",
        "emergency-contact",
        "emergency-card",
        "safe-at-home",
        "school",
        "schedule",
        "teachers",
        "homeroom",
        "counselor",
        "programs",
        "activities",
        "courses",
        "class-attendance",
        "tardies",
        "truancy",
        "enrollment-dates",
        "previous-school",
        "bus",
        "bus-stop",
        "bus-card",
        "photograph",
        "athletic-permit",
        "counselor-notes",
        "custody-order",
    }
)
_NAMES_THE_SCHOOL = frozenset({"school", "teachers"})
_TELLS_TIMES = frozenset({"schedule", "class-attendance", "tardies"})


@dataclasses.dataclass(frozen=True)
class Discretion:
    """What lines and values may not tell this reader."""

    hides_people: bool = False
    hides_times: bool = False

    @property
    def any(self) -> bool:
        """True where anything is left out of a line."""
        return self.hides_people or self.hides_times


def discretion_for(kept_back: frozenset[str]) -> Discretion:
    """Where the school is kept back, so are the names of its staff; where the schedule is, so is the time of day."""
    people = bool(kept_back & _NAMES_THE_SCHOOL)
    return Discretion(hides_people=people, hides_times=people or bool(kept_back & _TELLS_TIMES))
