"""Shapes of what people and machines send about witnesses, restores and keys. Nothing is saved here."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from governance.checkpoints.cosignatures import MOST_BYTES
from governance.checkpoints.models import Declaration
from governance.people.forms import DayInput

# Mail in Hmong would be English: nobody wrote the words.
MAIL_LANGUAGES = [(code, name) for code, name in settings.LANGUAGES if code in ("en", "es")]


class NewWitness(forms.Form):
    """A named outsider who gets checkpoints."""

    name = forms.CharField(label=_("Name"), max_length=120)
    office = forms.CharField(
        label=_("Office"),
        max_length=120,
        help_text=_("As everybody will read it: clerk of the school board, parents' council, cooperative."),
    )
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    language = forms.ChoiceField(label=_("Language of the mail"), choices=MAIL_LANGUAGES, initial="en")
    key = forms.CharField(
        label=_("Public key"),
        max_length=400,
        required=False,
        help_text=_(
            "Only for a witness who co-signs: the line that witness.py --make-key printed. Get it in person or by phone, not by mail alone."
        ),
    )
    starts_on = forms.DateField(label=_("From"), widget=DayInput())
    ends_on = forms.DateField(
        label=_("Until, that day included"), widget=DayInput(), required=False, help_text=_("Leave empty if no end is known.")
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].initial = today

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        starts, ends = given.get("starts_on"), given.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day lies before the first."))
        return given


class SignedCheckpoint(forms.Form):
    """A checkpoint with a witness's signature under it: as text or as a file."""

    text = forms.CharField(
        label=_("The signed checkpoint"),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        max_length=MOST_BYTES,
        required=False,
        strip=False,
    )
    file = forms.FileField(label=_("Or the file that witness.py kept"), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file = given.get("file")
        if file is not None:
            try:
                given["text"] = file.read(MOST_BYTES + 1).decode("utf-8")
            except UnicodeDecodeError:
                self.add_error("file", _("This file is not text. Choose the file whose name begins with “checkpoint-”."))
        if not self.errors and not given.get("text", "").strip():
            self.add_error("text", _("Paste the signed checkpoint, or choose its file."))
        return given


def _choices(reasons: tuple[Declaration.Reason, ...]) -> list[tuple[str, Any]]:
    return [("", _("Choose a reason")), *((reason.value, reason.label) for reason in reasons)]


class DeclareRestore(forms.Form):
    """Why the database was restored, and from when the backup is."""

    reason = forms.ChoiceField(label=_("Why"), choices=_choices(Declaration.RESTORE_REASONS))
    backup_at = forms.DateTimeField(
        label=_("The backup is from"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        help_text=_("Date and time, at the district's clock."),
    )
    kept = forms.CharField(
        label=_("A checkpoint that a witness kept"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        max_length=MOST_BYTES,
        required=False,
        strip=False,
        help_text=_("Only where the sealer's own folder was lost too, so that it does not know what is missing."),
    )

    def clean_backup_at(self) -> dt.datetime:
        """No backup is from before computers, or from a year with five digits."""
        given = self.cleaned_data["backup_at"]
        if not 2000 <= given.year < 9999:
            raise forms.ValidationError(_("Give the day and time of the backup."))
        return given

    def clean_kept(self) -> str:
        """With line ends as they were signed."""
        text = self.cleaned_data["kept"].replace("\r\n", "\n")
        return text if not text or text.endswith("\n") else text + "\n"


class DeclareKey(forms.Form):
    """Why there is a new signing key."""

    reason = forms.ChoiceField(label=_("Why"), choices=_choices(Declaration.KEY_REASONS))
