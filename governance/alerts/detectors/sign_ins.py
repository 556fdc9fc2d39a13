from collections.abc import Mapping

from governance.alerts.detectors.seen import Facts, Seen
from governance.vocabulary import Event


def judge(seen: Seen, numbers: Mapping[str, int]) -> Facts | None:
    """Sign-ins refused again and again from one address: somebody guesses passwords.

    The trail never says whether an account exists, so this counts by address. A whole school behind one address reaches the number on the
    first day after the holidays; the number is there to be raised.
    """
    return {"tries": seen.tries} if seen.kind == Event.SIGN_IN_FAILED and seen.tries >= numbers["tries"] else None
