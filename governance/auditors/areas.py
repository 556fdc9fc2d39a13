"""Events by area, as somebody chooses them for an audit."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.vocabulary import Event

# Area: what it is called, and how the names of its events begin. An event that no area takes belongs to "other".
AREAS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "records": (_("Students' records: who opened and who changed them"), ("records.",)),
    "people": (_("People, roles and sign-in"), ("people.",)),
    "requests": (_("Data requests and permissions"), ("governance.request.", "governance.decision.", "governance.grant.")),
    "rules": (_("Rules and stewards"), ("governance.rule.", "governance.steward.")),
    "vendors": (_("Providers, tools and sharing"), ("vendors.", "disclosures.")),
    "breaches": (_("Reports and incidents"), ("breaches.",)),
    "trail": (
        _("The trail itself: searches, exports, retention"),
        ("trail.", "exports.", "retention.", "auditors.", "alerts.", "history."),
    ),
    "other": (_("Other changes"), ()),
}


def area_of(kind: str) -> str:
    """The area to which an event belongs."""
    return next((name for name, (_title, beginnings) in AREAS.items() if beginnings and kind.startswith(beginnings)), "other")


def events_in(areas: Iterable[str]) -> list[str]:
    """The events of these areas, by name."""
    wanted = set(areas)
    return [str(event) for event in Event if area_of(event) in wanted]


def areas_in(kinds: Iterable[str]) -> list[str | Promise]:
    """What the areas of these events are called."""
    found = {area_of(kind) for kind in kinds}
    return [title for name, (title, _beginnings) in AREAS.items() if name in found]
