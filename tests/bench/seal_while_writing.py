"""`seal_while_writing`: entries that 16 clients commit a second while the sealer works, against the same without it."""

import statistics
import tempfile
import threading
from pathlib import Path

from governance.trail.seals import sealer
from tests.bench import commit_rate, harness, sealing

BAR = 0.9
EVERY = 5.0  # seconds between two seals; twice as often as under `make run`


def run(full: bool) -> list[harness.Line]:
    """Rounds in turn; in half of them a thread of this process seals every few seconds, as the sealing process does."""
    rounds, seconds = (9, 12) if full else (4, 6)
    key = sealing.begin()
    harness.lift_ceiling()
    speeds: dict[str, list[float]] = {"sealing": [], "alone": []}
    sealed = 0
    with tempfile.TemporaryDirectory() as name:
        scripts = commit_rate.scripts(Path(name), "entry")
        commit_rate.commits_a_second(scripts, 2)
        sealer.seal_everything(key=key, origin=sealing.ORIGIN)
        for number in range(rounds):
            for way in list(speeds) if number % 2 else reversed(list(speeds)):
                ended = threading.Event()
                thread = threading.Thread(target=_seal, args=[key, ended])
                if way == "sealing":
                    thread.start()
                speeds[way].append(commit_rate.commits_a_second(scripts, seconds))
                ended.set()
                if way == "sealing":
                    thread.join()
                sealed = sealer.seal_everything(key=key, origin=sealing.ORIGIN).size
    value, spread = harness.ratios(speeds["sealing"], speeds["alone"])
    return [
        harness.line(
            "seal_while_writing", value, "x the rate without sealing", bar=BAR, better="higher", n=rounds, spread=spread,
            a_second={way: round(statistics.median(found)) for way, found in speeds.items()}, sealed=sealed, every=EVERY, seconds=seconds,
        )
    ]  # fmt: skip


def _seal(key: object, ended: threading.Event) -> None:
    while not ended.wait(EVERY):
        sealer.seal_everything(key=key, origin=sealing.ORIGIN)
