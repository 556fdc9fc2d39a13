"""What staff type about a delivery that runs by itself."""

from django import forms
from django.utils.translation import gettext_lazy

from vendors.drops.models import MOST_DAYS, Drop


class StartForm(forms.Form):
    """How often, when, and how long a file lies there."""

    every = forms.ChoiceField(label=gettext_lazy("How often"), choices=Drop.Every.choices)
    hour = forms.TypedChoiceField(
        label=gettext_lazy("At"),
        coerce=int,
        choices=[(hour, f"{hour}:00") for hour in range(24)],
        help_text=gettext_lazy("By the district’s clock."),
    )
    keep_days = forms.IntegerField(
        label=gettext_lazy("Days that a file lies in the folder"),
        min_value=1,
        max_value=MOST_DAYS,
        help_text=gettext_lazy("A newer file takes the place of the one before. After these days it goes, fetched or not."),
    )
