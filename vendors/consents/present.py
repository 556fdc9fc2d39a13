"""A family's forms and tools, and campaigns, as plain values in plain words."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from governance.records.plain_words import element_list, purpose_words
from portal.base.components import Status
from portal.base.templatetags.portal import long_date
from vendors.consents.afterwards import Told
from vendors.consents.models import Answer, Campaign, Form, Standing
from vendors.consents.queries import Progress, Question, Right, needed_for
from vendors.consents.rules import Needed, Slip
from vendors.consents.texts import text_in
from vendors.reviews.rules import State
from vendors.reviews.status import Status as ToolStatus

SORTS: dict[str, str] = {Form.Kind.OPT_IN: "opt_in", Form.Kind.OPT_OUT: "opt_out", Form.Kind.INFORM: "info"}
ACTS: dict[str, str | Promise] = {
    Answer.Said.GIVEN: gettext_lazy("Say OK"),
    Answer.Said.REFUSED: gettext_lazy("Say no"),
    Answer.Said.WITHDRAWN: gettext_lazy("Take my OK back"),
}
SAID: dict[str, str | Promise] = {
    Answer.Said.GIVEN: gettext_lazy("You said OK"),
    Answer.Said.REFUSED: gettext_lazy("You said no"),
    Answer.Said.WITHDRAWN: gettext_lazy("You took your OK back"),
}
REGISTERED: dict[str, str | Promise] = {
    Answer.Said.GIVEN: gettext_lazy("OK"),
    Answer.Said.REFUSED: gettext_lazy("No"),
    Answer.Said.WITHDRAWN: gettext_lazy("Takes an earlier OK back"),
}
SLIPS: dict[str, str | Promise] = {
    Slip.WRONG_CHILD.value: gettext_lazy("It is about another child"),
    Slip.WRONG_PERSON.value: gettext_lazy("Somebody else signed it"),
    Slip.WRONG_FORM.value: gettext_lazy("It answers another form"),
    Slip.MISREAD.value: gettext_lazy("The paper says something else"),
}
WHY_NOT: dict[str, str | Promise] = {
    "too_young": gettext_lazy("A parent or guardian answers for you until you are 18."),
    "passed": gettext_lazy("The student is 18 or older and answers now."),
    "no_right": gettext_lazy("You can read these forms. For this child somebody else answers. The school office can tell you why."),
}
assert set(SORTS) == set(Form.Kind) and set(ACTS) == set(SAID) == set(Answer.Said)


@dataclasses.dataclass(frozen=True)
class Act:
    """One thing that can be said: its words, address and kind of button."""

    label: str
    url: str
    kind: str


@dataclasses.dataclass(frozen=True)
class Card:
    """One question to a family."""

    title: str
    sort: str
    until: dt.date | None
    state: Status | None
    words: list[str]
    if_nothing: str
    language: str
    law: str
    acts: list[Act]
    sha256: str
    number: int


def card(question: Question, right: Right, student: object, *, on: dt.date, lead: bool = False) -> Card:
    """One question. `lead`: the first button is the main one of the page."""
    form = question.form
    language, text = text_in(form, get_language() or "en")
    closes = question.standing.closes_on if question.standing is not None else None
    acts = [] if right.why_not else _acts(question, student, lead=lead)
    return Card(
        title=text["title"],
        sort=SORTS[form.kind],
        until=closes if form.kind == Form.Kind.OPT_OUT and closes is not None and closes >= on else None,
        state=_state(question, on=on),
        words=text["words"].split("\n"),
        if_nothing=text["if_nothing"],
        language=language,
        law=str(Form.Sort(form.sort).label),
        acts=acts,
        sha256=form.sha256,
        number=form.number,
    )


def possible(question: Question) -> list[str]:
    """What this person can say now."""
    last = question.last.said if question.last is not None else ""
    if question.form.kind == Form.Kind.INFORM:
        return []
    if last == Answer.Said.GIVEN:
        return [Answer.Said.WITHDRAWN]
    if last in (Answer.Said.REFUSED, Answer.Said.WITHDRAWN):
        return [Answer.Said.GIVEN]
    return [Answer.Said.GIVEN, Answer.Said.REFUSED]


def _acts(question: Question, student: object, *, lead: bool) -> list[Act]:
    main = "primary" if lead else "outline-primary"
    kinds = {Answer.Said.GIVEN: main, Answer.Said.REFUSED: "outline-secondary", Answer.Said.WITHDRAWN: "outline-danger"}
    return [
        Act(
            str(ACTS[said]),
            reverse("consents-family:answer", args=[student, question.form.matter.public_id, said]),
            kinds[Answer.Said(said)],
        )
        for said in possible(question)
    ]


def _state(question: Question, *, on: dt.date) -> Status | None:
    standing, form = question.standing, question.form
    said = ""
    if question.last is not None:
        said = _("%(said)s on %(day)s") % {"said": SAID[question.last.said], "day": long_date(question.last.at)}
    if question.state in ("refused", "withdrawn"):
        if question.last is not None and question.last.said != Answer.Said.GIVEN:
            return Status("stop", said)
        return Status("stop", _("Nothing is sent: a no counts"))
    if question.state == "given":
        return Status("ok", said or _("OK was said"))
    if form.kind == Form.Kind.INFORM:
        return None
    if form.kind == Form.Kind.OPT_IN:
        return Status("wait", _("Waits for your answer"))
    if standing is not None and standing.closes_on is not None and standing.closes_on < on:
        return Status("info", _("No answer, so these facts may be given out"))
    return None


# -- The confirm page and the receipt ------------------------------------------------------------------------------------------


def consequences(question: Question, said: str, *, delete_by: dt.date | None) -> list[str]:
    """What happens when this person says that."""
    tool = question.form.matter.tool
    if said == Answer.Said.GIVEN:
        facts = (
            [_("What would go out: %(elements)s.") % {"elements": element_list(question.form.elements)}] if question.form.elements else []
        )
        return [*facts, _("You can take it back on any day. Then nothing new goes out.")]
    if said == Answer.Said.REFUSED:
        return [
            _("Nothing is sent from this portal. Your child does another activity, and nobody sees why.")
            if tool
            else _("Nothing is given out from this portal."),
            _("You can say OK later."),
        ]
    lines = [_("No new data goes out from today.")]
    if tool is not None and delete_by is not None:
        lines.append(
            _("%(company)s must delete what it has by %(day)s. You see here whether it says that it did.")
            % {"company": tool.provider.name, "day": long_date(delete_by)}
        )
    elif tool is not None:
        lines.append(_("%(company)s must delete what it has. Its agreement names no number of days.") % {"company": tool.provider.name})
    return lines


def receipt(answer: Answer) -> dict[str, object]:
    """A receipt's facts, with the text as it was."""
    _language, text = text_in(answer.form, answer.language)
    return {
        "number": answer.public_id,
        "said": SAID[answer.said],
        "at": answer.at,
        "signed_on": answer.signed_on,
        "on_paper": answer.method == Answer.Method.PAPER,
        "title": text["title"],
        "words": text["words"].split("\n"),
        "if_nothing": text["if_nothing"],
        "language": _language,
        "kind": Form.Kind(answer.form.kind).label,
        "law": Form.Sort(answer.form.sort).label,
        "text_number": answer.form.number,
        "sha256": answer.text_sha256,
        "mistaken_at": mistaken_at(answer),
    }


def mistaken_at(answer: Answer) -> dt.datetime | None:
    """When it was said that the answer was registered by mistake; None while it counts."""
    return answer.mistake.at if hasattr(answer, "mistake") else None


def paper(answer: Answer) -> dict[str, object]:
    """An answer that the office registered, without a word of whom it is about."""
    return {
        "number": answer.public_id,
        "title": title_of(answer.form),
        "said": REGISTERED[answer.said],
        "signed_on": answer.signed_on,
        "at": answer.at,
        "by": answer.by.name,
        "how": answer.get_method_display(),
        "mistaken_at": mistaken_at(answer),
    }


# -- A family's tools ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class ToolLine:
    """One tool on a family's page."""

    name: str
    company: str
    summary: str
    state: Status
    detail: str
    gets: str
    purposes: str
    conditions: str
    told: Sequence[Told]
    form_url: str


def tool_line(
    now: ToolStatus,
    standing: Standing | None,
    *,
    in_class: bool,
    told: Sequence[Told],
    titles: Mapping[str, str],
    student: object,
    on: dt.date,
) -> ToolLine:
    """One tool: whether the child uses it, what it gets, why, and what became of the data."""
    approval = now.approval if now.usable else None
    state, detail = _tool_state(now, standing, in_class=in_class, told=bool(told), on=on)
    return ToolLine(
        name=now.tool.name,
        company=now.tool.provider.name,
        summary=now.tool.summary,
        state=state,
        detail=detail,
        gets=element_list(approval.elements) if approval is not None else "",
        purposes="; ".join(purpose_words(purpose, titles.get(purpose, "")) for purpose in sorted(approval.purposes)) if approval else "",
        conditions=_("No real names are typed in.") if approval is not None and approval.no_names else "",
        told=told,
        form_url=reverse("consents-family:consents", args=[student]) if standing is not None else "",
    )


def _tool_state(now: ToolStatus, standing: Standing | None, *, in_class: bool, told: bool, on: dt.date) -> tuple[Status, str]:
    state = standing.state if standing is not None else ""
    if state in ("refused", "withdrawn") and standing is not None and standing.changed_at is not None:
        words = {"day": long_date(standing.changed_at)}
        said = _("Does not use it: a no since %(day)s") if state == "refused" else _("Stopped: the OK was taken back on %(day)s")
        deletion = "" if told else _deletion(now, standing)  # what became of it stands in lines of its own
        return Status("stop", said % words), " ".join(filter(None, (_("No new data from this portal since then."), deletion)))
    if not now.usable:
        ended = now.state is State.ENDED or now.state is State.RETIRED
        return Status("stop", _("Stopped") if ended else _("May not be used")), _("No data goes to it from this portal.")
    needed = needed_for(now.approval)
    if needed is Needed.OPT_IN and state != "given":
        return Status("wait", _("Does not use it until you say OK")), _("No data goes to it from this portal.")
    if needed is Needed.OPT_IN_UNDER_13 and state != "given":
        return Status("wait", _("Under 13: does not use it until you say OK")), _("From 13 on no OK is needed.")
    if needed is Needed.OPT_OUT and state != "given":
        if standing is None or standing.closes_on is None:
            return Status("wait", _("Not yet: you will be asked first")), _("No data goes to it from this portal.")
        if standing.closes_on >= on:
            return Status("wait", _("Not yet: you can say no until %(day)s") % {"day": long_date(standing.closes_on)}), ""
    return (Status("ok", _("Uses it")), "") if in_class else (Status("info", _("No class uses it now")), "")


def _deletion(now: ToolStatus, standing: Standing) -> str:
    days = now.version.disposition_days if now.version is not None else None
    if days is None or standing.changed_at is None:
        return ""
    by = long_date(standing.changed_at + dt.timedelta(days=days))
    return _("What the company got before, it must delete by %(day)s.") % {"day": by}


# -- Campaigns -----------------------------------------------------------------------------------------------------------------


def campaign_row(campaign: Campaign, progress: Progress, *, on: dt.date) -> dict[str, object]:
    """A campaign in a list."""
    return {
        "title": title_of(campaign.form),
        "kind": Form.Kind(campaign.form.kind).label,
        "url": reverse("consents:campaign", args=[campaign.public_id]),
        "who": campaign.started_by.name,
        "answer_by": campaign.answer_by,
        "asked": progress.asked,
        "given": progress.given,
        "state": state_of(campaign, on=on),
    }


def title_of(form: Form) -> str:
    """The text's title in the reader's language."""
    return text_in(form, get_language() or "en")[1]["title"]


def state_of(campaign: Campaign, *, on: dt.date) -> Status:
    """Whether it still asks."""
    if campaign.ended_at is not None:
        return Status("info", _("Ended"))
    return Status("wait", _("Running")) if campaign.answer_by >= on else Status("info", _("Over"))


def students_words(number: int) -> str:
    """“24 students”."""
    return ngettext("%(count)s student", "%(count)s students", number) % {"count": f"{number:,}"}
