"""`register_page`: the public register of 2,000 tools from memory against a static file of the same bytes through the same server.

Two pages count: the first page that everybody opens, and the whole register as JSON. The bar holds for the page; the first rendering, with
nothing in memory, may take fewer than 20 queries.
"""

import contextlib
import datetime as dt
import statistics
import urllib.request
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bench import harness

BAR = 1.5
MOST_QUERIES = 19
TOOLS = 2_000


def run(full: bool) -> list[harness.Line]:
    """Interleaved rounds; the static file holds what the page holds and is served by the same middleware of static files."""
    call_command("load_reference", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    tools = TOOLS
    fill(tools)
    queries = _queries()
    static = Path(settings.STATIC_ROOT)
    rounds, seconds = (15, 3.0) if full else (9, 1.0)
    with contextlib.ExitStack() as stack:
        made = {}
        with harness.web() as first:
            for name, path in (("page", "/register/"), ("json", "/register.json")):
                with urllib.request.urlopen(f"{first}{path}") as answer:
                    made[name] = answer.read()
        for name, content in made.items():
            file = static / f"bench_register_{name}.html"
            file.write_bytes(content)
            stack.callback(file.unlink)
        site = stack.enter_context(harness.web())
        addresses = {
            "page": f"{site}/register/",
            "page, static": f"{site}{settings.STATIC_URL}bench_register_page.html",
            "json": f"{site}/register.json",
            "json, static": f"{site}{settings.STATIC_URL}bench_register_json.html",
        }
        for address in addresses.values():
            harness.requests_a_second(address, seconds=1)
        speeds: dict[str, list[float]] = {name: [] for name in addresses}
        for number in range(rounds):
            for name in list(addresses) if number % 2 else reversed(list(addresses)):
                speeds[name].append(harness.requests_a_second(addresses[name], seconds=seconds))
    value, spread = harness.ratios(speeds["page, static"], speeds["page"])
    whole, _spread = harness.ratios(speeds["json, static"], speeds["json"])
    return [
        harness.line(
            "register_page",
            value,
            "x the time of a static file of the same bytes",
            bar=BAR,
            better="lower",
            n=rounds,
            spread=spread,
            peers={"the whole register as JSON against its static file": whole},
            met=value <= BAR and queries <= MOST_QUERIES,
            tools=tools,
            queries_of_the_first_rendering=queries,
            bytes={name: len(content) for name, content in made.items()},
            a_second={name: round(statistics.median(found)) for name, found in speeds.items()},
            client=harness.client(),
            seconds=seconds,
        )
    ]


def fill(tools: int) -> None:
    """That many tools of a tenth as many providers: three of four approved under an agreement in force with eight kinds of data."""
    from governance.authority.models import Element
    from governance.people.models import User
    from portal.base import clock
    from vendors.agreements.models import Agreement, ScheduleLine, Service, Version
    from vendors.providers.models import Collects, Provider, Subprocessor, Tool
    from vendors.reviews.models import Approval, Review

    at, on = clock.now(), clock.today()
    keys = list(Element.objects.order_by("pk").values_list("pk", flat=True)[:8])
    user = User.objects.create_user("bench@district.example", name="Bench")
    providers = Provider.objects.bulk_create(
        Provider(slug=f"company-{each}", name=f"Company {each}", listed_at=at) for each in range(tools // 10)
    )
    made = Tool.objects.bulk_create(
        Tool(
            slug=f"tool-{each}",
            name=f"Tool {each:05}",
            provider=providers[each % len(providers)],
            summary="Practice in small steps, with hints.",
            subjects=["mathematics"],
            listed_at=at,
        )
        for each in range(tools)
    )
    Collects.objects.bulk_create(Collects(tool=each, element_id=key) for each in made for key in keys)
    Subprocessor.objects.bulk_create(Subprocessor(tool=each, name="Great Lakes Hosting", does="Keeps the data.") for each in made)
    approved = [each for number, each in enumerate(made) if number % 4]
    agreements = Agreement.objects.bulk_create(
        Agreement(provider=each.provider, kind="ndpa", title=f"Agreement on {each.name}", made_at=at) for each in approved
    )
    facts = {"number": 1, "starts_on": on - dt.timedelta(days=9), "purposes": ["online-learning-tool"], "written_at": at}
    versions = Version.objects.bulk_create(Version(agreement=each, safeguards=["no-sale", "logged"], **facts) for each in agreements)
    services = Service.objects.bulk_create(Service(version=version, tool=each) for version, each in zip(versions, approved, strict=True))
    ScheduleLine.objects.bulk_create(ScheduleLine(service=each, element_id=key) for each in services for key in keys)
    Version.objects.update(sent_at=at, sent_by=user, sha256="0" * 64, signed_at=at)
    reviews = Review.objects.bulk_create(
        Review(tool=each, because="district", opened_at=at, due_on=on, outcome="approved", reason="It helps.", closed_at=at, closed_by=user)
        for each in approved
    )
    Approval.objects.bulk_create(
        Approval(
            tool=each,
            review=review,
            agreement=agreement,
            purposes=["online-learning-tool"],
            elements=keys,
            starts_on=on,
            ends_on=on + dt.timedelta(days=300),
            decided_at=at,
            decided_by=user,
        )
        for each, review, agreement in zip(approved, reviews, agreements, strict=True)
    )


def _queries() -> int:
    """How many queries the first rendering takes, with nothing in memory."""
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    with CaptureQueriesContext(connection) as taken:
        client.get("/register/")
    return len(taken)
