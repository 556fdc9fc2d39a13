"""`verify_1m`: recompute the whole trail through the database, guards and signatures included, against COPY of the same rows."""

from contextlib import closing

from governance.trail.seals import verify
from tests.bench import harness, sealing

BAR = 6.0


def run(full: bool) -> list[harness.Line]:
    """A trail with the district's mix of looks, sealed as it was written; then both ways in turn."""
    rounds, entries = (5, 1_000_000) if full else (5, 50_000)
    key = sealing.begin()
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        sealing.sealed_trail(cursor, entries, key=key)

    def verified() -> None:
        report = verify.verify(processes=2)
        assert report.holds and report.entries >= entries, report

    taken = harness.interleaved({"verify": verified, "copy": sealing.copy_rows}, rounds, warm=1)
    value, spread = harness.ratios(taken["verify"], taken["copy"])
    return [
        harness.line(
            "verify_1m", value, "x COPY of the same rows", bar=BAR, better="lower", n=rounds, spread=spread,
            seconds=harness.tidy(sorted(taken["verify"])[rounds // 2]), entries=entries, processes=2,
        )
    ]  # fmt: skip
