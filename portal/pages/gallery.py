"""Every component in every state on one page, with made-up content: for builders, and for the accessibility test."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from governance.people.policies import public
from portal.base.components import STATUS_ICONS, Status, bar_chart, due
from portal.pages.navigation import Entry

TODAY = dt.date(2026, 11, 24)
NOON = dt.datetime(2026, 11, 18, 15, 5, tzinfo=dt.UTC)


def _element(name: str, reason: str) -> SafeString:
    return format_html('{}<span class="choice-help">{}</span>', name, reason)


class SampleForm(forms.Form):
    """One field of each sort."""

    tool = forms.CharField(label=_("Which tool?"), help_text=_("Its name, or the address of its page."))
    purpose = forms.ChoiceField(
        label=_("What is it for?"), choices=[("", _("Choose one")), ("teach", _("Teaching")), ("plan", _("Planning"))]
    )
    who = forms.ChoiceField(
        label=_("Who will use it?"), choices=[("own", _("My classes")), ("all", _("The whole school"))], widget=forms.RadioSelect
    )
    elements = forms.MultipleChoiceField(
        label=_("What data does it need?"),
        choices=[
            ("name", _element("Name", "to show the right account")),
            ("grade", _element("Grade", "to set the level")),
            ("bus", _element("Bus route", "no reason given")),
        ],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-two"}),
        help_text=_("The fewer, the sooner it is decided."),
    )
    until = forms.DateField(label=_("Until when?"), widget=forms.DateInput(attrs={"type": "date"}))
    words = forms.CharField(label=_("Words for families"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    paper = forms.FileField(label=_("Agreement"), help_text=_("A PDF of up to 10 MB."), required=False)
    sure = forms.BooleanField(label=_("I have read the conditions"), help_text=_("They are on the tool's page."))


class SampleFilter(forms.Form):
    """The fields of a filter bar."""

    who = forms.CharField(label=_("Person"), required=False)
    purpose = forms.ChoiceField(label=_("Purpose"), choices=[("", _("All"))], required=False)
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}), required=False)


@public(reason="shows components with made-up content; exists in the demo and in tests only")
def gallery(request: HttpRequest) -> HttpResponse:
    """404 outside the demo."""
    if not (settings.DEMO or settings.TESTING):
        raise Http404
    for add, words in (
        (messages.success, "Sent. You will read the answer here."),
        (messages.warning, "One row was left out."),
        (messages.error, "The file could not be read."),
    ):
        add(request, words)
    return render(request, "portal/gallery.html", _content())


def _content() -> dict[str, Any]:
    reasons = [
        {
            "kind": "ok",
            "rule": "School official",
            "fact": "Ms. Lee teaches these students until June 5, 2027.",
            "citation": "34 CFR 99.31(a)(1)(i)(A)",
            "citation_url": "https://www.ecfr.gov/current/title-34/section-99.31",
        },
        {
            "kind": "ok",
            "rule": "Purpose is on the list",
            "fact": "Instruction is tied to “personalizing learning”.",
            "citation": "District policy 347, section 4",
        },
        {
            "kind": "stop",
            "rule": "More than is needed",
            "fact": "Home address is not needed for instruction. Leave it out to pass.",
            "citation": "District rule MIN-07",
        },
        {"kind": "wait", "rule": "Data steward of this data", "fact": "A. Thao, deputy J. Ruiz", "citation": "Order of August 12, 2026"},
    ]
    return {
        "user": {"is_authenticated": True},
        "person": {"name": "Alex Thao", "roles": ("Data steward", "Principal")},
        "nav": [
            Entry("Home", "#home"),
            Entry("Inbox", "#inbox", active=True, counter=lambda: 6),
            Entry("Students", "#students"),
            Entry("Requests", "#requests"),
            Entry("Rules", "#rules"),
            Entry("Audit", "#audit"),
        ],
        "crumbs": [{"label": "Inbox", "href": "#inbox"}],
        "statuses": [
            Status(kind, text)
            for kind, text in zip(
                STATUS_ICONS,
                ("Approved", "Waits for the steward", "Look at this", "Refused", "Ended on June 5, 2026", "For your information"),
                strict=True,
            )
        ],
        "dues": [due(TODAY + dt.timedelta(days=days), TODAY) for days in (-2, 0, 3, 12)],
        "rows": [
            {
                "name": "Lexi Reader",
                "sub": "Ms. Lee · Lincoln Middle School",
                "purpose": "Instruction",
                "asks": 1204,
                "due": due(TODAY - dt.timedelta(days=1), TODAY),
                "when": TODAY,
                "current": True,
            },
            {
                "name": "MathTrail Pro",
                "sub": "Mr. Cruz · West High School",
                "purpose": "Assessment",
                "asks": 3,
                "due": due(TODAY + dt.timedelta(days=4), TODAY),
                "when": TODAY + dt.timedelta(days=4),
            },
            {
                "name": "BusFinder",
                "sub": "Transport office",
                "purpose": "Operations",
                "asks": 87,
                "due": due(TODAY + dt.timedelta(days=14), TODAY),
                "when": TODAY + dt.timedelta(days=14),
            },
        ],
        "reasons": reasons,
        "good": reasons[:2],
        "moment_": NOON,
        "steps": [
            {"label": "What and why", "state": "done", "href": "#steps"},
            {"label": "Which data", "state": "current"},
            {"label": "Check and send", "state": "todo"},
        ],
        "events": [
            {"title": "Asked for English learner status", "when": NOON, "who": "Ms. Lee, teacher", "kind": "info"},
            {
                "title": "One element left out",
                "when": NOON,
                "who": "A. Thao, data steward",
                "text": "Birth date is not needed for reading groups.",
                "kind": "warn",
            },
            {"title": "Approved until June 5, 2027", "when": NOON, "who": "A. Thao, data steward", "kind": "ok", "href": "#timeline"},
            {"title": "Ended early", "when": NOON, "kind": "stop"},
        ],
        "facts": [
            {"term": "Asked by", "value": "Ms. Lee, Lincoln Middle School"},
            {"term": "Students", "value": "28", "note": "Grade 7, section 3"},
            {"term": "State", "status": Status("ok", "Approved")},
            {"term": "Rule", "value": "Teachers and own classes", "href": "#facts"},
        ],
        "chart": bar_chart(
            "Views of Maya's record by month",
            [("Jun", 2), ("Jul", 0), ("Aug", 7), ("Sep", 12), ("Oct", 9), ("Nov", 1205)],
            label_heading="Month",
            value_heading="Views",
        ),
        "form": SampleForm(prefix="empty"),
        "wrong": SampleForm({"wrong-until": "yesterday"}, prefix="wrong"),
        "filter": SampleFilter(prefix="filter"),
        "consequences": ["Two teachers lose access today.", "The families of 28 students are told."],
        "until": dt.date(2026, 12, 8),
        "waiting": Status("wait", "You have not answered yet"),
        "refused": Status("off", "You said no on September 2, 2026"),
        "given": Status("ok", "You said yes on September 2, 2026"),
    }
