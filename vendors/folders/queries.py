"""Reads of folders, and what a file can be meant for."""

import dataclasses
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from vendors.agreements.models import Agreement, Version
from vendors.folders.matching import Candidate
from vendors.folders.models import File, Folder
from vendors.providers.models import Provider, Tool


@dataclasses.dataclass(frozen=True)
class Target:
    """An agreement whose text is still open, or a provider with whom a new one is begun: how people read it, and by which names it goes."""

    key: str
    label: str
    names: tuple[str, ...]
    agreement: Agreement | None = None
    provider: Provider | None = None

    @property
    def candidate(self) -> Candidate:
        """For matching."""
        return Candidate(self.key, self.names)


def recent() -> list[Folder]:
    """The folders of late, the newest first."""
    return list(Folder.objects.select_related("received_by").prefetch_related(Prefetch("files", queryset=files()))[:50])


def files() -> QuerySet[File]:
    """Files without their bytes."""
    return File.objects.defer("content").select_related("document")


def find(public_id: UUID) -> Folder | None:
    """The folder with this opaque id, with its files."""
    found = Folder.objects.filter(public_id=public_id).select_related("received_by")
    return found.prefetch_related(Prefetch("files", queryset=files())).first()


def targets() -> dict[str, Target]:
    """What a file can be meant for, by key: agreements with a text that nobody has sent yet and that has no document, and providers that have a
    tool. Five queries."""
    open_texts = Version.objects.filter(signed_at=None, dropped_at=None, sent_at=None, document=None).prefetch_related("services__tool")
    agreements = Agreement.objects.filter(ended_at=None, versions__in=open_texts).select_related("provider")
    found: dict[str, Target] = {}
    for agreement in agreements.prefetch_related(Prefetch("versions", queryset=open_texts, to_attr="open_texts")).distinct():
        tools = [service.tool.name for version in agreement.open_texts for service in version.services.all()]
        company = agreement.provider.name
        found[f"agreement:{agreement.public_id}"] = Target(
            f"agreement:{agreement.public_id}",
            _("%(title)s (%(tools)s; %(provider)s)") % {"title": agreement.title, "tools": ", ".join(tools), "provider": company},
            (company, agreement.title, *tools),
            agreement=agreement,
        )
    with_tools = Provider.objects.filter(tools__retired_at=None, tools__isnull=False).distinct()
    for provider in with_tools.prefetch_related(Prefetch("tools", queryset=Tool.objects.filter(retired_at=None))):
        found[f"provider:{provider.public_id}"] = Target(
            f"provider:{provider.public_id}",
            _("New agreement with %(provider)s") % {"provider": provider.name},
            (provider.name, *(tool.name for tool in provider.tools.all())),
            provider=provider,
        )
    return found


def agreements_of(files: Iterable[File]) -> dict[UUID, Agreement]:
    """The agreements into which files were put, by their opaque ids. One query."""
    wanted = [file.agreement for file in files if file.agreement is not None]
    return {found.public_id: found for found in Agreement.objects.filter(public_id__in=wanted).select_related("provider")}
