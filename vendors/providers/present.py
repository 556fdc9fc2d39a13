"""Providers and tools as staff who keep the catalogue see them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.base.components import Status as Shown
from vendors.providers.models import Address, AutomatedDecision, Channel, Collects, Mark, Provider, Subprocessor, Tool, ToolVersion
from vendors.providers.words import SUBJECTS

Line = dict[str, Any]


def provider_row(provider: Provider) -> dict[str, Any]:
    """A provider in the list."""
    return {
        "name": provider.name,
        "url": reverse("providers:provider", args=[provider.public_id]),
        "place": ", ".join(part for part in (provider.region, provider.country) if part),
        "tools": [{"name": tool.name, "url": tool_url(tool), "retired": tool.retired_at is not None} for tool in provider.tools.all()],
    }


def tool_url(tool: Tool) -> str:
    """The page of a tool for who keeps the catalogue."""
    return reverse("providers:tool", args=[tool.public_id])


def provider_facts(provider: Provider) -> list[dict[str, Any]]:
    """What is known of a provider."""
    found = [
        (_("Name in contracts"), provider.legal_name),
        (_("Kind"), provider.get_kind_display()),
        (_("Web domain"), provider.domain),
        (_("Place"), ", ".join(part for part in (provider.address, provider.region, provider.country) if part)),
        (_("Privacy contact"), ", ".join(part for part in (provider.privacy_contact, provider.privacy_email) if part)),
        (_("E-mail for security matters"), provider.security_email),
        (_("Phone"), provider.phone),
        (_("Privacy policy (link)"), provider.policy_url),
    ]
    return [{"term": term, "value": value} for term, value in found if value]


def tool_facts(tool: Tool, purposes: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is known of a tool."""
    found = [
        (_("In one sentence"), tool.summary),
        (_("Subjects"), ", ".join(str(SUBJECTS.get(word, word)) for word in tool.subjects)),
        (_("Purposes"), ", ".join(_(purposes.get(key, key)) for key in tool.purposes)),
        (_("Accounts"), tool.get_accounts_display()),
        (_("Collects"), _("Nothing about students") if tool.collects_nothing else ""),
        (_("Youngest age, by the provider's terms"), tool.youngest_age or ""),
        (_("Countries where data is held"), ", ".join(tool.held_in)),
        (_("Hosting company"), tool.held_by),
        (_("Accessibility statement"), tool.accessibility),
        (_("Uses data for purposes of its own"), {True: _("Yes"), False: _("No"), None: _("Not known")}[tool.commercial_use]),
    ]
    return [{"term": term, "value": value} for term, value in found if value]


def parts(tool: Tool, titles: Mapping[str, str], listed: frozenset[str]) -> list[dict[str, Any]]:
    """The parts of a tool, each with its lines and the page where it is changed. `titles`: of elements, by key; `listed`: what the catalogue
    says the tool collects."""
    rows: list[tuple[str, str, str, Iterable[Any], Callable[[Any], Line]]] = [
        ("addresses", _("Addresses"), _("How a pasted link is told to be this tool."), tool.addresses.all(), _address),
        ("collects", _("What it collects"), _("By the provider's own words, or by looking."), tool.collects.all(), _collects),
        ("versions", _("Versions"), _("Web, app and extension can differ."), tool.versions.all(), _version),
        ("subprocessors", _("Suppliers that get data"), "", tool.subprocessors.all(), lambda each: _subprocessor(each, titles)),
        ("marks", _("Ratings and certificates"), _("One input among others. None of them is an approval."), tool.marks.all(), _mark),
        (
            "channels",
            _("How data really travels"),
            _("The portal releases data through its own gate alone. Other ways are written down here with the day they were checked."),
            tool.channels.all(),
            lambda each: channel(each, titles, listed),
        ),
        (
            "decisions",
            _("Scores, ranks, predictions and decisions"),
            _("Asked at every review. An educator has the last word."),
            tool.automated_decisions.all(),
            _decision,
        ),
    ]
    return [
        {
            "key": key,
            "title": title,
            "words": words,
            "lines": [line(each) | {"id": each.pk} for each in found],
            "url": reverse("providers:part", args=[tool.public_id, key]),
        }
        for key, title, words, found, line in rows
    ]


def _address(address: Address) -> Line:
    return {"text": f"{address.value}{address.path}", "note": address.get_kind_display()}


def _collects(each: Collects) -> Line:
    needed = _("Needed") if each.required else _("Works without it")
    return {"text": each.element.title, "note": f"{needed}. {each.why}" if each.why else needed}


def _version(each: ToolVersion) -> Line:
    return {"text": f"{each.get_form_display()} {each.label}".strip(), "note": each.note, "day": each.seen_on}


def _subprocessor(each: Subprocessor, titles: Mapping[str, str]) -> Line:
    return {"text": f"{each.name} ({each.country})", "note": "; ".join([each.does, *(titles.get(key, key) for key in each.elements)])}


def _mark(each: Mark) -> Line:
    kind = "ok" if each.verified in {Mark.Verified.ISSUER, Mark.Verified.SIGNATURE} else "warn"
    return {
        "text": f"{each.issuer}: {each.title}",
        "note": each.result,
        "day": each.given_on,
        "status": Shown(kind, each.get_verified_display()),
    }


def channel(each: Channel, titles: Mapping[str, str], may: frozenset[str]) -> Line:
    """A way of data: what it really sends against what it may, who can switch it off, when somebody looked."""
    beyond = [titles.get(key, key) for key in each.elements if key not in may]
    if each.closed_at is not None:
        status = Shown("off", _("Switched off"))
    elif beyond:
        status = Shown("stop", _("Sends more than it may: %(elements)s") % {"elements": ", ".join(beyond)})
    elif each.checked_on is None:
        status = Shown("warn", _("Never checked"))
    else:
        status = Shown("ok", _("Sends what it may"))
    sends = ", ".join(titles.get(key, key) for key in each.elements) or _("No student data")
    return {
        "text": f"{each.get_kind_display()} {each.name}".strip(),
        "note": _("Sends: %(elements)s. Can be switched off by: %(who)s") % {"elements": sends, "who": each.switched_off_by},
        "day": each.checked_on,
        "status": status,
        "closed": each.closed_at is not None,
    }


def _decision(each: AutomatedDecision) -> Line:
    return {
        "text": f"{each.get_kind_display()}: {each.about}",
        "note": _("%(educator)s decides. To object: %(how)s") % {"educator": each.educator, "how": each.objection},
        "day": each.reviewed_on,
    }
