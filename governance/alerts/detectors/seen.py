"""What a detector knows of one new entry of the trail: counts and yes or no, never a student's id, never a value."""

import dataclasses
import datetime as dt

Facts = dict[str, int]


@dataclasses.dataclass(frozen=True)
class Seen:
    """One new entry.

    `students`: how many it names. Of these, `unrelated` had no class, school, permission or family tie to the actor that day nor before;
    `departed` had one that ended more than the days of grace ago. `same_address`: the actor looked outside of the own classes at somebody of
    the own home. `planted`: how many are planted. `in_ten`, `in_hour`: different students that the actor opened in the ten minutes and the
    hour that end with this entry, lists of own classes left out; `usual_ten`, `usual_hour`: the same in nine of ten such spans of the last 60
    days in which the actor worked. `schools`: of how many schools, in the hour. `tries`: sign-ins refused from this address in the hour.
    `hour`: of the district's clock, 0 to 23.
    """

    id: int
    at: dt.datetime
    kind: str
    actor_id: int | None
    hat: str | None
    address: str | None
    students: int = 0
    unrelated: int = 0
    departed: int = 0
    same_address: bool = False
    planted: int = 0
    in_ten: int = 0
    in_hour: int = 0
    usual_ten: int = 0
    usual_hour: int = 0
    schools: int = 0
    tries: int = 0
    hour: int = 12
