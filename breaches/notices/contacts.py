"""Addresses that are known already, offered where somebody names who gets a notice."""

from collections.abc import Mapping

from breaches.assessment import laws
from breaches.notices import queries
from breaches.notices.models import Addressee, Audience, Notice
from vendors.providers.models import Contact

Known = Mapping[str, tuple[str, str, str]]


def known(notice: Notice) -> Known:
    """Key to (name, way, address): the company's contacts, the bureaus of the reference data, and whom earlier notices went to."""
    found: dict[str, tuple[str, str, str]] = {}
    if notice.audience == Audience.PROVIDER and notice.incident.provider_id is not None:
        contacts = Contact.objects.filter(provider=notice.incident.provider_id, ended_at=None, user__is_active=True).select_related("user")
        for contact in contacts.order_by("since", "pk"):
            found[f"contact {contact.public_id}"] = (contact.user.name or contact.user.email, Addressee.Way.MAIL, contact.user.email)
    if notice.audience == Audience.CREDIT_BUREAUS:
        for bureau in laws.reference()["bureaus"]:
            found[f"bureau {bureau['name']}"] = (bureau["name"], Addressee.Way.HANDED_IN, bureau["web"])
    named = set(queries.addressees_of(notice).values_list("address", flat=True))
    for earlier in queries.earlier_addressees(notice.audience):
        if earlier.address not in {address for _name, _way, address in found.values()}:
            found[f"earlier {earlier.public_id}"] = (earlier.name, earlier.way, earlier.address)
    return {key: each for key, each in found.items() if each[2] not in named}
