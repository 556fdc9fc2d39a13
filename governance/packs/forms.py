"""Which year somebody wants the proofs of."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.base.fields import offer


class YearForm(forms.Form):
    """One of the years in which the portal has written down."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int)

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer(self, "year", [(year, str(year)) for year in years])
