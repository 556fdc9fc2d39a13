"""`rights_page`: the public rights page against an empty Django view with no middleware at all, in pages a second, both behind granian."""

import contextlib
import statistics
import urllib.request

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bench import harness

BAR = 0.85


def run(full: bool) -> list[harness.Line]:
    """Interleaved rounds over three servers that run at the same time: the portal, an empty view, the portal without its shelf."""
    call_command("collectstatic", interactive=False, verbosity=0)
    rounds, seconds = (15, 3.0) if full else (11, 1.0)
    with contextlib.ExitStack() as stack:
        shelf, empty, rendered = (
            stack.enter_context(harness.web(settings=f"tests.bench.{name}")) for name in ("settings", "empty_settings", "rendered_settings")
        )
        pages = {
            "rights": (f"{shelf}/rights/", ""),
            "rights, gzip": (f"{shelf}/rights/", "gzip"),
            "empty": (f"{empty}/bench/empty/", ""),
            "rendered": (f"{rendered}/rights/", ""),
        }
        for address, encoding in pages.values():
            harness.requests_a_second(address, seconds=1, encoding=encoding)
        speeds: dict[str, list[float]] = {name: [] for name in pages}
        for number in range(rounds):
            for name in list(pages) if number % 2 else reversed(list(pages)):
                address, encoding = pages[name]
                speeds[name].append(harness.requests_a_second(address, seconds=seconds, encoding=encoding))
        with urllib.request.urlopen(pages["rights"][0]) as answer:
            vary, size = answer.headers["Vary"], len(answer.read())
    value, spread = harness.ratios(speeds["rights"], speeds["empty"])
    queries = _queries()
    bare = statistics.median(speeds["empty"])
    return [
        harness.line(
            "rights_page",
            value,
            "x the requests a second of an empty Django view",
            bar=BAR,
            better="higher",
            n=rounds,
            spread=spread,
            peers={
                "the same compressed, as browsers ask for it": statistics.median(speeds["rights, gzip"]) / bare,
                "rendered for each reader": statistics.median(speeds["rendered"]) / bare,
            },
            met=value >= BAR and queries == 0 and "Cookie" not in vary,
            queries=queries,
            vary=vary,
            bytes=size,
            a_second={name: round(statistics.median(found)) for name, found in speeds.items()},
            client=harness.client(),
            seconds=seconds,
        )
    ]


def _queries() -> int:
    """How many queries a page from the shelf takes."""
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.get("/rights/")
    with CaptureQueriesContext(connection) as taken:
        client.get("/rights/")
    return len(taken)
