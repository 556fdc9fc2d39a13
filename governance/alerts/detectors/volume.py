from collections.abc import Mapping

from governance.alerts.detectors.seen import Facts, Seen
from governance.vocabulary import Event


def judge(seen: Seen, _numbers: Mapping[str, int]) -> Facts | None:
    """The portal stopped somebody who had opened as many records as a person may in an hour or a day.

    The stop itself is made where records are opened; this tells people of it. It cannot be switched off.
    """
    return {"opened": seen.in_hour} if seen.kind == Event.LIMIT_REACHED else None
