"""Shapes of what people type about the calendar. Nothing is saved here."""

from django import forms
from django.utils.translation import gettext_lazy

from governance.people.forms import DayInput


class CloseDayForm(forms.Form):
    """A day on which the offices are closed."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=DayInput())
    title = forms.CharField(label=gettext_lazy("Why"), max_length=80, help_text=gettext_lazy("Such as: spring break, or a snow day."))


class OpenDayForm(forms.Form):
    """The closed day that is taken back."""

    day = forms.DateField(widget=forms.HiddenInput)
