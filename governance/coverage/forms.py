"""The shape of a system's description. Nothing is saved here."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.coverage.models import System
from governance.people.forms import DayInput


class SystemForm(forms.ModelForm):
    """What another system records, and what of it comes here. Families read these words."""

    class Meta:
        model = System
        fields = ("name", "covers", "not_logged", "complete", "since", "last_received_on", "gaps")
        widgets = {"since": DayInput(), "last_received_on": DayInput()}
        labels = {
            "name": _("System"),
            "covers": _("What it records"),
            "not_logged": _("What it does not record"),
            "complete": _("How complete"),
            "since": _("Reports here since"),
            "last_received_on": _("Last report received on"),
            "gaps": _("Gaps so far"),
        }
        help_texts = {
            "covers": _("In words that families know: each time staff open a student's page in it."),
            "not_logged": _("Such as: exports, the company's own staff, phone apps."),
            "since": _("Leave empty where nothing is reported here."),
            "gaps": _("Days that are missing, and why."),
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        reports = given.get("complete") != System.Complete.NOTHING
        if reports and not given.get("since"):
            self.add_error("since", _("Say since when it reports here."))
        if not reports and (given.get("since") or given.get("last_received_on")):
            self.add_error("complete", _("Dates are given, but nothing is reported here. Change one of them."))
        if given.get("since") and given.get("last_received_on") and given["last_received_on"] < given["since"]:
            self.add_error("last_received_on", _("The last report lies before the first."))
        return given
