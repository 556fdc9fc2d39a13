"""What may be odd about a look. Each detector is one plain function in a file of its own: what was seen in, facts or None out."""

from collections.abc import Callable, Iterator, Mapping

from governance.alerts.detectors import after_transfer, burst, many_schools, night, no_class, planted, same_address, sign_ins, volume
from governance.alerts.detectors.seen import Facts, Seen
from governance.alerts.limits import Numbers

Judge = Callable[[Seen, Mapping[str, int]], Facts | None]

DETECTORS: dict[str, Judge] = {
    "no_class": no_class.judge,
    "same_address": same_address.judge,
    "burst": burst.judge,
    "after_transfer": after_transfer.judge,
    "planted": planted.judge,
    "volume": volume.judge,
    "many_schools": many_schools.judge,
    "sign_ins": sign_ins.judge,
    "night": night.judge,
}
# Two people are told at once by mail and on their home page; the others wait on the home page.
LOUD = frozenset({"planted", "volume", "many_schools"})


def judge(seen: Seen, numbers: Numbers) -> Iterator[tuple[str, Facts]]:
    """Every detector that is on and finds this look odd, with its facts."""
    for key, detector in DETECTORS.items():
        if numbers[key]["on"] and (facts := detector(seen, numbers[key])) is not None:
            yield key, facts
