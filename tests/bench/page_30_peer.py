"""`page_30_peer`: pages of 30 students a second through the web server, against the same page told by django-auditlog's own signals."""

import contextlib
import statistics
from contextlib import closing

from tests.bench import harness, pages

BAR = 4.0


def run(full: bool) -> list[harness.Line]:
    """Two servers that run at the same time, asked in turn."""
    rounds, seconds = (9, 5.0) if full else (5, 3.0)
    cookie = pages.cookie_of(pages.seed())
    with contextlib.ExitStack() as stack:
        portal = stack.enter_context(harness.web(settings="tests.bench.settings"))
        stock = stack.enter_context(harness.web(settings="tests.bench.stock_settings"))
        addresses = {"portal": f"{portal}/bench/door/1/", "stock": f"{stock}/bench/stock/1/", "no audit": f"{portal}/bench/bare/1/"}
        for address in addresses.values():
            harness.requests_a_second(address, seconds=2, cookie=cookie)
        before = _entries()
        speeds: dict[str, list[float]] = {name: [] for name in addresses}
        for number in range(rounds):
            for name in list(addresses) if number % 2 else reversed(list(addresses)):
                speeds[name].append(harness.requests_a_second(addresses[name], seconds=seconds, cookie=cookie))
        after = _entries()
    assert all(after[table] > before[table] for table in before), "somebody did not write"
    value, spread = harness.ratios(speeds["portal"], speeds["stock"])
    return [
        harness.line(
            "page_30_peer",
            value,
            "x the pages a second of django-auditlog's signals",
            bar=BAR,
            better="higher",
            n=rounds,
            spread=spread,
            peers={
                "own event row, measured before": 5.0,
                "no audit": statistics.median(speeds["no audit"]) / statistics.median(speeds["stock"]),
            },
            a_second={name: round(statistics.median(found)) for name, found in speeds.items()},
            client=harness.client(),
            seconds=seconds,
        )
    ]


def _entries() -> dict[str, int]:
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM trail.entry), (SELECT count(*) FROM auditlog_logentry)")
        ours, stock = cursor.fetchone()
    return {"portal": ours, "stock": stock}
