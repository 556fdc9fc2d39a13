"""Reads of agreements: what holds at a moment, for the gate and for pages."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from governance.people.queries import day_of
from vendors import locks
from vendors.agreements import states
from vendors.agreements.models import Agreement, ScheduleLine, Service, Version
from vendors.agreements.states import Standing, VersionFacts
from vendors.providers.models import Tool


def in_force(agreement: Agreement, at: dt.datetime, *, lock: bool = False) -> Version | None:
    """The version of an agreement that holds at a moment; None where it has not begun, has expired or was ended.

    With `lock`, inside a transaction, nobody can end or change the agreement until that transaction is over: what is committed with it was
    covered when it was committed. One query, with `lock` three.
    """
    if lock:
        locks.hold(Agreement, agreement.pk)
        agreement.refresh_from_db(fields=["ended_at"])
    return _holding(list(Version.objects.filter(agreement=agreement, signed_at__isnull=False)), agreement.ended_at, at)


def covering(tool: Tool, at: dt.datetime) -> Version | None:
    """The version in force that lists the tool; of several the one that began last. At most three queries."""
    return covering_all([tool], at).get(tool.pk)


def covering_all(tools: Collection[Tool], at: dt.datetime) -> dict[int, Version]:
    """For each tool that an agreement in force lists, the version, by the tool's id. Three queries, however many tools."""
    ids = [tool.pk for tool in tools]
    agreements = Agreement.objects.filter(versions__services__tool__in=ids).distinct()
    found: dict[int, Version] = {}
    for version in sorted(holding(agreements, at).values(), key=lambda each: (each.starts_on, each.pk)):
        for service in version.services.all():
            found[service.tool_id] = version
    return {pk: found[pk] for pk in ids if pk in found}


def holding(agreements: QuerySet[Agreement], at: dt.datetime) -> dict[int, Version]:
    """The version in force of each agreement that has one, by the agreement's id, with its services. Three queries."""
    signed = Version.objects.filter(signed_at__isnull=False).prefetch_related("services")
    found = {}
    for agreement in agreements.select_related("provider").prefetch_related(
        Prefetch("versions", queryset=signed, to_attr="signed_versions")
    ):
        version = _holding(agreement.signed_versions, agreement.ended_at, at)
        if version is not None:
            version.agreement = agreement
            found[agreement.pk] = version
    return found


def ever_covering(tool: Tool) -> QuerySet[Agreement]:
    """Agreements of which a signed version lists the tool, in force or not, the newest first."""
    signed = Service.objects.filter(tool=tool, version__signed_at__isnull=False)
    return Agreement.objects.filter(versions__services__in=signed).distinct().order_by("-made_at", "-pk")


def elements_of(version: Version, tool: Tool) -> frozenset[str]:
    """Keys of the elements that a version's schedule lists for a tool. One query."""
    lines = ScheduleLine.objects.filter(service__version=version, service__tool=tool)
    return frozenset(lines.values_list("element_id", flat=True))


def elements_of_all(versions: Collection[Version]) -> dict[tuple[int, int], frozenset[str]]:
    """The same for all tools of many versions, by (version's id, tool's id). One query."""
    found: dict[tuple[int, int], set[str]] = {}
    lines = ScheduleLine.objects.filter(service__version__in=[version.pk for version in versions])
    for version_id, tool_id, element in lines.values_list("service__version_id", "service__tool_id", "element_id"):
        found.setdefault((version_id, tool_id), set()).add(element)
    return {key: frozenset(elements) for key, elements in found.items()}


@dataclasses.dataclass(frozen=True)
class Held:
    """An agreement with where it stands, the version in force and the one on the table."""

    agreement: Agreement
    standing: Standing
    in_force: Version | None
    pending: Version | None

    @property
    def latest(self) -> Version | None:
        """The version that a page shows first: in force, else on the table, else the newest."""
        versions = sorted(self.agreement.versions.all(), key=lambda each: -each.number)
        return self.in_force or self.pending or next(iter(versions), None)


def with_standing(agreements: QuerySet[Agreement], *, at: dt.datetime) -> list[Held]:
    """Agreements with where each stands. Five queries, however many."""
    versions = Version.objects.prefetch_related("signatures", "services__tool")
    found = agreements.select_related("provider", "superseded_by").prefetch_related(Prefetch("versions", queryset=versions))
    return [held_of(agreement, at=at) for agreement in found]


def held_of(agreement: Agreement, *, at: dt.datetime) -> Held:
    """Where one agreement stands."""
    versions = list(agreement.versions.all())
    standing = states.standing(
        [facts_of(version) for version in versions],
        at=at,
        on=day_of(at),
        ended_at=agreement.ended_at,
        superseded=agreement.superseded_by_id is not None,
    )
    by_number = {version.number: version for version in versions}
    return Held(agreement, standing, by_number.get(standing.in_force or 0), by_number.get(standing.pending or 0))


def find(public_id: UUID, *, at: dt.datetime) -> Held | None:
    """The agreement with this opaque id, with where it stands."""
    return next(iter(with_standing(Agreement.objects.filter(public_id=public_id), at=at)), None)


def ending_within(days: int, *, at: dt.datetime) -> list[Held]:
    """Agreements in force whose last day, with signed renewals, is at most that many days away, the nearest first."""
    on = day_of(at)
    soon = Agreement.objects.filter(ended_at=None, versions__signed_at__isnull=False, versions__ends_on__lte=on + dt.timedelta(days=days))
    held = [each for each in with_standing(soon.distinct(), at=at) if each.in_force is not None and each.standing.ends_on is not None]
    near = [each for each in held if each.standing.ends_on and (each.standing.ends_on - on).days <= days]
    return sorted(near, key=lambda each: (each.standing.ends_on or on, each.agreement.pk))


def facts_of(version: Version) -> VersionFacts:
    """What counts of a version for its state."""
    return VersionFacts(
        number=version.number,
        starts_on=version.starts_on,
        ends_on=version.ends_on,
        sent=version.sent_at is not None,
        signed_at=version.signed_at,
        dropped=version.dropped_at is not None,
        sides=frozenset(signature.side for signature in version.signatures.all()),
    )


def _holding(versions: Iterable[Version], ended_at: dt.datetime | None, at: dt.datetime) -> Version | None:
    by_number = {version.number: version for version in versions}
    facts = [
        VersionFacts(version.number, version.starts_on, version.ends_on, True, version.signed_at, version.dropped_at is not None)
        for version in by_number.values()
    ]
    found = states.version_in_force(facts, at=at, on=day_of(at), ended_at=ended_at)
    return by_number[found.number] if found else None


def of_provider(provider_id: int) -> QuerySet[Agreement]:
    """The agreements of one provider."""
    return Agreement.objects.filter(provider=provider_id)


def matching(text: str = "", kind: str = "") -> QuerySet[Agreement]:
    """Agreements whose title, provider or tool holds the text."""
    found = Agreement.objects.all()
    if kind:
        found = found.filter(kind=kind)
    if text.strip():
        word = text.strip()
        found = found.filter(
            Q(title__icontains=word) | Q(provider__name__icontains=word) | Q(versions__services__tool__name__icontains=word)
        ).distinct()
    return found
