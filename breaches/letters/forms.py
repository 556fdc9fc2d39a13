"""What somebody with a letter types: its code, and an answer."""

from django import forms
from django.utils.translation import gettext_lazy as _

from breaches.letters import codes
from breaches.letters.models import Answer


class CodeForm(forms.Form):
    """The code in the letter."""

    code = forms.CharField(
        label=_("The code in your letter"),
        help_text=_("18 letters and numbers. Small letters and spaces are fine."),
        max_length=codes.LONGEST_TYPED,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )


class AnswerForm(forms.Form):
    """What somebody with a letter tells the district."""

    code = forms.CharField(widget=forms.HiddenInput, max_length=codes.LONGEST_TYPED)
    kind = forms.ChoiceField(label=_("What do you want to tell us?"), choices=Answer.Kind.choices, widget=forms.RadioSelect)
    language = forms.CharField(
        label=_("Language you speak best"),
        help_text=_("We will call you in this language, with an interpreter if we need one."),
        max_length=40,
        required=False,
    )
    words = forms.CharField(
        label=_("Your question, or what we should know"),
        help_text=_("If you want a call: when is a good time, and at which number?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
