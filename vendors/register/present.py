"""The register as families read it: plain words in the reader's language."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from portal.base.components import Status as Shown
from portal.base.templatetags.portal import long_date
from vendors.agreements.models import Agreement, Version
from vendors.agreements.words import SAFEGUARDS
from vendors.providers.models import AutomatedDecision, Channel, Tool
from vendors.providers.words import SUBJECTS
from vendors.register.book import ROUNDED, Book, Record
from vendors.register.models import Change
from vendors.reviews.models import ConsentNeeded
from vendors.reviews.rules import Because, State

What = Change.What

STATES: dict[str, tuple[str, str | Promise]] = {
    State.APPROVED.value: ("ok", gettext_lazy("Approved")),
    State.LIMITED.value: ("ok", gettext_lazy("Approved with limits")),
    State.WAITING.value: ("wait", gettext_lazy("Not decided yet")),
    State.REFUSED.value: ("stop", gettext_lazy("Not allowed")),
    State.ENDED.value: ("off", gettext_lazy("No longer allowed")),
    State.RETIRED.value: ("off", gettext_lazy("No longer used")),
    State.UNKNOWN.value: ("off", gettext_lazy("Nobody has asked for it")),
}
assert set(STATES) == {state.value for state in State}

BECAUSE: dict[str, str | Promise] = {
    Because.AGREEMENT_ENDED.value: gettext_lazy("The agreement with the company has ended."),
    Because.NOT_LISTED.value: gettext_lazy("The agreement with the company no longer covers this tool."),
    Because.APPROVAL_ENDED.value: gettext_lazy("The district's approval has ended."),
    Because.NOT_DECIDED_AGAIN.value: gettext_lazy("The agreement changed, and the district has not approved the tool again."),
    Because.NOT_BEGUN.value: gettext_lazy("It is approved, and the approval begins later."),
}
assert {*BECAUSE, Because.NOTHING.value} == {because.value for because in Because}

FAMILIES: dict[str, str | Promise] = {
    ConsentNeeded.INFORM.value: gettext_lazy("For your information: you do not need to do anything."),
    ConsentNeeded.OPT_OUT.value: gettext_lazy("You can say no."),
    ConsentNeeded.OPT_IN.value: gettext_lazy("We need your OK before your child uses it."),
    ConsentNeeded.OPT_IN_UNDER_13.value: gettext_lazy("We need your OK before your child uses it, if your child is under 13."),
}
assert set(FAMILIES) == set(ConsentNeeded.values)

AGREEMENTS: dict[str, str | Promise] = {
    Agreement.Kind.NDPA.value: gettext_lazy("Privacy agreement (the national form)"),
    Agreement.Kind.OFFER.value: gettext_lazy("Privacy agreement of another district that this district joined"),
    Agreement.Kind.CONTRACT.value: gettext_lazy("Contract with privacy terms"),
    Agreement.Kind.TERMS.value: gettext_lazy("The company's own terms, which nobody bargained over"),
}
assert set(AGREEMENTS) == set(Agreement.Kind.values)

CHANNELS: dict[str, str | Promise] = {
    Channel.Kind.PORTAL.value: gettext_lazy("Sent by this portal"),
    Channel.Kind.ROSTER_SERVICE.value: gettext_lazy("Sent by a roster service"),
    Channel.Kind.SIS.value: gettext_lazy("Sent by the student information system"),
    Channel.Kind.SIGN_IN.value: gettext_lazy("Sent when a student signs in"),
    Channel.Kind.FILE.value: gettext_lazy("Sent as a file by hand"),
    Channel.Kind.TYPED.value: gettext_lazy("Typed in by teachers or students"),
}
assert set(CHANNELS) == set(Channel.Kind.values)

ACCOUNTS: dict[str, str | Promise] = {
    Tool.Accounts.NONE.value: gettext_lazy("Nobody signs in"),
    Tool.Accounts.TEACHER.value: gettext_lazy("Only the teacher signs in"),
    Tool.Accounts.OPTIONAL.value: gettext_lazy("Students can sign in or not"),
    Tool.Accounts.STUDENTS.value: gettext_lazy("Students sign in"),
}
assert set(ACCOUNTS) == set(Tool.Accounts.values)

DECISIONS: dict[str, str | Promise] = {
    AutomatedDecision.Kind.SCORES.value: gettext_lazy("Gives a score"),
    AutomatedDecision.Kind.RANKS.value: gettext_lazy("Ranks students"),
    AutomatedDecision.Kind.PREDICTS.value: gettext_lazy("Predicts something about a student"),
    AutomatedDecision.Kind.DECIDES.value: gettext_lazy("Decides something about a student"),
}
assert set(DECISIONS) == set(AutomatedDecision.Kind.values)

WHATS: dict[str, str | Promise] = {
    What.ADDED.value: gettext_lazy("New in the register"),
    What.REMOVED.value: gettext_lazy("No longer in the register"),
    What.NAME.value: gettext_lazy("Its name or its company changed"),
    What.STATUS.value: gettext_lazy("Its status changed"),
    What.LIMITS.value: gettext_lazy("Who may use it, or what families are asked, changed"),
    What.DATA.value: gettext_lazy("The data that it gets changed"),
    What.PURPOSES.value: gettext_lazy("What it is used for changed"),
    What.SAFEGUARDS.value: gettext_lazy("How the data is protected changed"),
    What.SUPPLIERS.value: gettext_lazy("The company's suppliers changed"),
    What.AGREEMENT.value: gettext_lazy("The agreement changed"),
    What.CHANNELS.value: gettext_lazy("How data travels to it changed"),
    What.DECISIONS.value: gettext_lazy("What it scores, predicts or decides changed"),
}
assert set(WHATS) == set(What.values)


def state_of(tool: Record) -> Shown:
    """The status, with shape, color and words."""
    kind, words = STATES[tool["status"]]
    return Shown(kind, str(words))


def row(tool: Record, book: Book) -> dict[str, Any]:
    """A tool in a list."""
    count = len(tool["data"])
    return {
        "slug": tool["slug"],
        "name": tool["name"],
        "company": tool["company"],
        "summary": tool["summary"],
        "url": reverse("register:tool", args=[tool["slug"]]),
        "status": state_of(tool),
        "data": _("Nothing about students")
        if tool["collects_nothing"]
        else ngettext("%(count)d kind of data", "%(count)d kinds of data", count) % {"count": count}
        if count
        else _("Not known"),
        "elements": titles(tool["data"], book),
        "families": str(FAMILIES[tool["limits"]["families"]]) if tool["limits"] else "",
    }


def titles(keys: Iterable[str], book: Book) -> list[str]:
    """Names of data, in the reader's language where there is a translation."""
    return sorted(_(book.elements.get(key, key)) for key in keys)


def counts(tools: Sequence[Record], url: str) -> list[dict[str, Any]]:
    """How many tools stand at each status, with the list of them."""
    found = []
    for value, (kind, words) in STATES.items():
        count = sum(tool["status"] == value for tool in tools)
        if count:
            found.append({"number": count, "label": str(words), "href": f"{url}?status={value}", "kind": kind})
    return found


def sentence(tool: Record) -> str:
    """Why the status is what it is; the district's own words for an outcome."""
    if tool["because"]:
        return str(BECAUSE[tool["because"]])
    if tool["reason"]:
        return str(tool["reason"])
    if tool["status"] == State.WAITING.value:
        return _("The district has not decided. Until then nobody uses it with students.")
    if tool["status"] == State.UNKNOWN.value:
        return _("The district has not looked at it. Until then nobody uses it with students.")
    return ""


def facts(tool: Record, book: Book) -> list[dict[str, Any]]:
    """What stands on a tool's page, in the order of a family's questions; the same terms for each tool, so that tools can be compared."""
    agreement = tool["agreement"]
    items: list[tuple[str, Any]] = [
        (_("Company"), f"{tool['company']} ({tool['company_country']})"),
        (_("What it does"), tool["summary"]),
        (_("Subjects"), ", ".join(str(SUBJECTS.get(word, word)) for word in tool["subjects"])),
        (_("What families are asked"), str(FAMILIES[tool["limits"]["families"]]) if tool["limits"] else ""),
        (_("Who may use it"), limits(tool)),
        (_("Accounts"), str(ACCOUNTS[tool["accounts"]])),
        (_("Approved until"), _day(tool["approved_until"])),
        (_("Used for"), ", ".join(_(book.purposes.get(key, key)) for key in tool["purposes"])),
        (_("Last sent from this portal"), sent(tool)),
        (_("Where the data is kept"), ", ".join(tool["held_in"])),
        (_("Agreement"), str(AGREEMENTS[agreement["kind"]]) if agreement else _("None in force") if not tool["collects_nothing"] else ""),
        (_("Agreement from"), _day(agreement["starts_on"]) if agreement else ""),
        (_("Agreement until"), (_day(agreement["ends_on"]) or _("It is ended by one side")) if agreement else ""),
        (_("If data is lost or stolen"), breach(agreement) if agreement else ""),
        (_("When the agreement ends"), at_end(agreement) if agreement else ""),
    ]
    return [{"term": term, "value": value, "is_day": isinstance(value, dt.date)} for term, value in items if value]


def sent(tool: Record) -> str:
    """The last month in which the portal sent something, and of about how many students."""
    last = tool["last_delivery"]
    if last is None:
        return ""
    month = date_format(dt.date.fromisoformat(f"{last['month']}-01"), "F Y")
    if last["students"] is None:
        return _("%(month)s, of fewer than %(n)d students") % {"month": month, "n": ROUNDED}
    return _("%(month)s, of about %(n)s students") % {"month": month, "n": f"{last['students']:,}"}


def limits(tool: Record) -> str:
    """Ages, grades and real names, in one line."""
    found = tool["limits"]
    if not found:
        return ""
    said = []
    if found["youngest"]:
        said.append(_("from age %(age)d") % {"age": found["youngest"]})
    if found["oldest"]:
        said.append(_("up to age %(age)d") % {"age": found["oldest"]})
    if found["grades"]:
        said.append(_("grades %(grades)s") % {"grades": ", ".join(found["grades"])})
    if found["no_names"]:
        said.append(_("no real names are typed in"))
    return "; ".join(said)


def breach(agreement: Record) -> str:
    """By when the company must tell the district."""
    if agreement["breach_hours"] is None:
        return _("The agreement gives no time by which the company must tell the district.")
    hours = agreement["breach_hours"]
    return ngettext(
        "The company must tell the district within %(n)d hour.", "The company must tell the district within %(n)d hours.", hours
    ) % {"n": hours}


def at_end(agreement: Record) -> str:
    """What happens to the data when the agreement ends."""
    words = (
        _("The company gives the data back and then destroys its copies.")
        if agreement["at_end"] == Version.Disposition.RETURN.value
        else _("The company destroys the data.")
    )
    days = agreement["at_end_days"]
    if days is None:
        return f"{words} {_('The agreement gives no number of days.')}"
    return f"{words} " + ngettext("It has %(n)d day.", "It has %(n)d days.", days) % {"n": days}


def tool_page(tool: Record, book: Book) -> dict[str, Any]:
    """One tool."""
    return {
        "name": tool["name"],
        "slug": tool["slug"],
        "status": state_of(tool),
        "sentence": sentence(tool),
        "facts": facts(tool, book),
        "data": titles(tool["data"], book),
        "data_agreed": tool["data_agreed"],
        "collects_nothing": tool["collects_nothing"],
        "safeguards": [str(SAFEGUARDS.get(word, word)) for word in tool["safeguards"]],
        "suppliers": [
            {"name": each["name"], "country": each["country"], "does": each["does"], "data": ", ".join(titles(each["data"], book))}
            for each in tool["suppliers"]
        ],
        "has_document": bool(tool["agreement"] and tool["agreement"]["document"]),
        "channels": [channel(each, tool, book) for each in tool["channels"]],
        "decisions": [
            {
                "kind": str(DECISIONS[each["kind"]]),
                "about": each["about"],
                "educator": each["educator"],
                "notice": each["notice"],
                "objection": each["objection"],
                "review_due_on": _day(each["review_due_on"]),
            }
            for each in tool["decisions"]
        ],
        "decides_nothing_on": _day(tool["decides_nothing_on"]),
    }


def channel(each: Record, tool: Record, book: Book) -> dict[str, Any]:
    """A way of data: what it really sends, and whether that is what was agreed."""
    if each["flow"] == "stopped":
        standing = Shown("off", _("Stopped since %(day)s") % {"day": long_date(dt.date.fromisoformat(each["since"]))})
    elif each["flow"] == "being_stopped":
        words = {"since": long_date(dt.date.fromisoformat(each["since"])), "by": long_date(dt.date.fromisoformat(each["stop_by"]))}
        standing = Shown("warn", _("Being stopped since %(since)s, to be done by %(by)s") % words)
    elif each["kind"] == Channel.Kind.PORTAL.value:
        standing = Shown("ok", _("Sends only what was agreed")) if tool["data_agreed"] else Shown("off", _("Sends nothing"))
    elif not tool["data_agreed"]:
        standing = Shown("stop", _("Sends data that nobody agreed to")) if each["data"] else Shown("info", _("Sends no data"))
    elif each["beyond"]:
        standing = Shown("stop", _("Sends more than agreed: %(data)s") % {"data": ", ".join(titles(each["beyond"], book))})
    elif each["checked_on"] is None:
        standing = Shown("warn", _("Never checked"))
    else:
        standing = Shown("ok", _("Sends what was agreed"))
    return {
        "words": str(CHANNELS[each["kind"]]),
        "name": each["name"],
        "data": ", ".join(titles(each["data"], book)),
        "checked_on": _day(each["checked_on"]),
        "status": standing,
    }


@dataclasses.dataclass(frozen=True)
class Compared:
    """One line of the comparison: the question, and each tool's answer."""

    term: str
    values: tuple[Any, ...]


def comparison(tools: Sequence[Record], book: Book) -> list[Compared]:
    """Two or three tools side by side, the same questions for each."""
    answers = [{each["term"]: each["value"] for each in facts(tool, book)} for tool in tools]
    more = [
        {
            _("Data about students"): "; ".join(titles(tool["data"], book)) or (_("None") if tool["collects_nothing"] else ""),
            _("How the data is protected"): "; ".join(str(SAFEGUARDS.get(word, word)) for word in tool["safeguards"]),
            _("Suppliers that get data"): "; ".join(each["name"] for each in tool["suppliers"]),
            _("Scores, predictions and decisions"): "; ".join(f"{DECISIONS[each['kind']]}: {each['about']}" for each in tool["decisions"])
            or _("None"),
            _("How data travels"): "; ".join(str(CHANNELS[each["kind"]]) for each in tool["channels"]),
        }
        for tool in tools
    ]
    terms = dict.fromkeys(term for one in (*more, *answers) for term in one)
    lines = [
        Compared(term, tuple({**answer, **extra}.get(term) or "—" for answer, extra in zip(answers, more, strict=True))) for term in terms
    ]
    return [line for line in lines if any(value != "—" for value in line.values)]


def change(found: Change, book: Book) -> dict[str, Any]:
    """A change in words: what it was and what it is."""
    return {
        "name": found.name,
        "company": found.company,
        "url": reverse("register:tool", args=[found.slug]) if book.find(found.slug) else "",
        "what": str(WHATS[found.what]),
        "details": _details(found, book),
        "found_at": found.found_at,
        "id": found.public_id,
    }


def _details(found: Change, book: Book) -> list[str]:
    before: Any = found.before
    after: Any = found.after
    if found.what in {What.ADDED, What.REMOVED}:
        value = after if found.what == What.ADDED else before
        return [str(STATES[value][1])] if value in STATES else []
    if found.what == What.STATUS:
        return [_("%(before)s → %(after)s") % {"before": STATES[before][1], "after": STATES[after][1]}]
    if found.what in {What.DATA, What.PURPOSES, What.SAFEGUARDS}:
        words: Any = {What.DATA: book.elements, What.PURPOSES: book.purposes, What.SAFEGUARDS: SAFEGUARDS}[What(found.what)]
        return _plus_and_minus(before, after, lambda key: _(str(words.get(key, key))))
    if found.what in {What.SUPPLIERS, What.CHANNELS, What.DECISIONS}:
        name = {
            What.SUPPLIERS: lambda each: each[0],
            What.CHANNELS: lambda each: str(CHANNELS.get(each[0], each[0])),
            What.DECISIONS: lambda each: f"{DECISIONS.get(each[0], each[0])}: {each[1]}",
        }[What(found.what)]
        return _plus_and_minus(before, after, name)
    if found.what == What.AGREEMENT:
        return [_("%(before)s → %(after)s") % {"before": _agreement(before), "after": _agreement(after)}]
    if found.what == What.NAME:
        return [_("%(before)s → %(after)s") % {"before": " · ".join(before), "after": " · ".join(after)}]
    return []


def _plus_and_minus(before: Any, after: Any, name: Any) -> list[str]:
    old, new = before or [], after or []
    came, went = [name(each) for each in new if each not in old], [name(each) for each in old if each not in new]
    said = []
    if came:
        said.append(_("New: %(what)s") % {"what": ", ".join(came)})
    if went:
        said.append(_("No longer: %(what)s") % {"what": ", ".join(went)})
    return said


def _agreement(facts_of_it: Any) -> str:
    if not facts_of_it:
        return str(_NONE)
    kind, starts_on, ends_on, _number = facts_of_it
    return _("%(kind)s, %(first)s to %(last)s") % {"kind": AGREEMENTS[kind], "first": starts_on, "last": ends_on or "…"}


_NONE = pgettext_lazy("agreement", "none in force")


def _day(text: str | None) -> dt.date | str:
    return dt.date.fromisoformat(text) if text else ""
