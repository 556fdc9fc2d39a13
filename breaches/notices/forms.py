"""What people type about notices. Nothing is saved here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from breaches.affected.models import AffectedList
from breaches.affected.present import how
from breaches.assessment.forms import MomentInput
from breaches.notices import contents, returns
from breaches.notices import texts as wording
from breaches.notices.actions import OUTCOMES
from breaches.notices.models import Addressee, Notice, Recipient
from portal.base.fields import offer

LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


class NewForm(forms.Form):
    """A notice to one audience: whose families, which contents, and which duties it is to meet."""

    affected = forms.ChoiceField(label=gettext_lazy("Families of which list?"), widget=forms.RadioSelect)
    with_could = forms.BooleanField(
        label=gettext_lazy("Tell those too who could have been reached, without a trace that they were"), required=False
    )
    content = forms.ChoiceField(label=gettext_lazy("Which contents does it follow?"), widget=forms.RadioSelect)
    duties = forms.MultipleChoiceField(
        label=gettext_lazy("What does it meet?"),
        help_text=gettext_lazy("Their contents are checked with the text, and their clocks stop when everybody was told."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        *args: Any,
        lists: Iterable[AffectedList] | None,
        choices: Sequence[contents.Contents],
        duties: Sequence[Mapping[str, Any]],
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        if lists is None:
            del self.fields["affected"], self.fields["with_could"]
        else:
            named = [(str(one.public_id), f"{how(one)}: {one.children:,}") for one in lists]
            offer(self, "affected", named)
            if len(named) == 1:
                self.initial.setdefault("affected", named[0][0])
        if len(choices) < 2:
            del self.fields["content"]
        else:
            offer(self, "content", [(each.id, f"{each.title} ({each.citation})") for each in choices])
            self.initial.setdefault("content", choices[0].id)
        if duties:
            offer(self, "duties", [(each["key"], f"{each['label']} {each['note']}".strip()) for each in duties])
            self.initial.setdefault("duties", [each["key"] for each in duties if each["met"] is None])
        else:
            del self.fields["duties"]


class TextForm(forms.Form):
    """The text of a notice in its languages. `seen` is the hash of the version that its author had before them."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, notice: Notice, texts: wording.Texts, **kwargs: Any):
        self.parts = contents.every()[notice.content].parts
        self.items = contents.to_tick(notice.content, notice.duties)
        super().__init__(*args, **kwargs)
        for language, name in settings.LANGUAGES:
            text = texts.get(language, {})
            self._add(f"{language}-subject", _("Subject"), text.get("subject", ""), required=language == "en", most=wording.SUBJECT_MOST)
            for key, heading in self.parts.items():
                words = text.get("parts", {}).get(key, "")
                self._add(f"{language}-{key}", heading, words, required=language == "en", most=wording.PART_MOST, rows=5)
            if self.items:
                self.fields[f"{language}-says"] = forms.MultipleChoiceField(
                    label=_("This text (%(language)s) also says") % {"language": name},
                    help_text=_("Tick what stands somewhere in the words above. Who approves the text approves these ticks."),
                    choices=[(contents.key_of(item), f"{item.words} ({contents.every()[item.contents].citation})") for item in self.items],
                    initial=text.get("says", ()),
                    required=False,
                    widget=forms.CheckboxSelectMultiple,
                )

    def _add(self, name: str, label: Any, words: str, *, required: bool, most: int, rows: int = 0) -> None:
        attrs: dict[str, Any] = {"dir": "auto", "lang": name.partition("-")[0]} | ({"rows": rows} if rows else {})
        widget = forms.Textarea(attrs) if rows else forms.TextInput(attrs)
        self.fields[name] = forms.CharField(label=label, initial=words, required=required, max_length=most, widget=widget)

    def languages(self) -> list[dict[str, Any]]:
        """The fields by language, for the page: English open, the others open where there is something in them."""
        return [
            {
                "code": code,
                "name": name,
                "fields": [field for field in self if field.name.startswith(f"{code}-")],
                "open": code == "en" or any(field.value() for field in self if field.name.startswith(f"{code}-")),
            }
            for code, name in settings.LANGUAGES
        ]

    def texts(self) -> wording.Texts:
        """What was typed: a language in which nothing stands is left out."""
        found: dict[str, Any] = {}
        for language in LANGUAGES:
            given = {key: self.cleaned_data.get(f"{language}-{key}", "") for key in self.parts}
            subject = self.cleaned_data.get(f"{language}-subject", "")
            if subject.strip() or any(words.strip() for words in given.values()):
                found[language] = {"subject": subject, "parts": given, "says": self.cleaned_data.get(f"{language}-says", [])}
        return found


class AddresseeForm(forms.Form):
    """Who gets a notice: somebody who is known, or a name with an address."""

    known = forms.ChoiceField(label=gettext_lazy("Known addresses"), required=False)
    name = forms.CharField(label=gettext_lazy("Name of the office or company"), max_length=200, required=False)
    way = forms.ChoiceField(
        label=gettext_lazy("How does it get there?"), choices=Addressee.Way.choices, widget=forms.RadioSelect, required=False
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("E-mail, postal address, or the address of the web form."),
        max_length=400,
        required=False,
    )

    def __init__(self, *args: Any, known: Mapping[str, tuple[str, str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._known = known
        if known:
            choices = [("", _("none of these"))] + [(key, f"{name}: {address}") for key, (name, _way, address) in known.items()]
            offer(self, "known", choices)
        else:
            del self.fields["known"]
            for field in self.fields.values():
                field.required = True

    def clean(self) -> dict[str, Any]:
        """Name, way and address, of whoever was chosen or typed."""
        given = super().clean() or {}
        if chosen := given.pop("known", ""):
            given["name"], given["way"], given["address"] = self._known[chosen]
            return given
        for name in ("name", "way", "address"):
            if not given.get(name) and name not in self.errors:
                self.add_error(name, _("This is needed, unless you choose a known address."))
        if given.get("way") == Addressee.Way.MAIL and given.get("address"):
            try:
                validate_email(given["address"])
            except forms.ValidationError:
                self.add_error("address", _("This is no e-mail address. Correct it, or choose another way."))
        return given


class DeliverForm(forms.Form):
    """That a notice was handed in, with what shows it."""

    told_at = forms.DateTimeField(label=gettext_lazy("When?"), widget=MomentInput)
    words = forms.CharField(label=gettext_lazy("Who took it, or the confirmation’s number"), max_length=300)
    file = forms.FileField(
        label=gettext_lazy("Confirmation"),
        help_text=gettext_lazy("A receipt or a picture of the page. It is kept as evidence, encrypted."),
        required=False,
    )


class SettleForm(forms.Form):
    """What became of letters, by their references."""

    outcome = forms.ChoiceField(label=gettext_lazy("What became of them?"))
    references = forms.CharField(
        label=gettext_lazy("References"),
        help_text=gettext_lazy("As they stand in the list, one a line or pasted together."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=800_000,
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer(self, "outcome", [(key, outcome_words(key)) for key in OUTCOMES])

    def clean_references(self) -> list[Any]:
        """The references as ids."""
        found = returns.references_in(self.cleaned_data["references"])
        if not found:
            raise forms.ValidationError(_("There is no reference in this. Copy them from the list."))
        return found


class ReturnsForm(forms.Form):
    """A file of returned mail."""

    file = forms.FileField(
        label=gettext_lazy("Returned mail"),
        help_text=gettext_lazy(
            "A delivery report (.eml), several in one file (.mbox), or a table with references or Message-IDs (.csv). At most 10 MB."
        ),
    )


def outcome_words(outcome: str) -> str:
    """What can become of a letter, in words."""
    return {
        "bounced": _("The mail came back"),
        "posted": _("Posted on paper"),
        "returned": _("The letter came back"),
        "reached": _("Reached"),
    }[outcome]


def state_words(state: str) -> str:
    """Where a recipient stands, in words."""
    return str(Recipient.State(state).label)
