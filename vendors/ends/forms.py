"""What people type about deletion orders: shape and words, no saving."""

from typing import IO

from django import forms
from django.utils.translation import gettext_lazy

from governance.requests.forms import Date
from portal.base.errors import CannotDo
from vendors.providers import documents


class ConfirmForm(forms.Form):
    """The certificate, by the provider's own contact."""

    order_sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)
    deleted_on = forms.DateField(label=gettext_lazy("Day on which the data was deleted"), widget=Date)
    copies_until = forms.DateField(
        label=gettext_lazy("Last copies (backups) gone by"),
        required=False,
        widget=Date,
        help_text=gettext_lazy("Empty where no copy is left."),
    )
    title = forms.CharField(label=gettext_lazy("Your title"), required=False, max_length=120)
    document = forms.FileField(
        label=gettext_lazy("Certificate (PDF)"),
        required=False,
        help_text=gettext_lazy("If your company issues one. Without it, your signed statement counts."),
    )
    document_sha256 = forms.RegexField(
        r"^\s*[0-9a-fA-F]{64}\s*$",
        label=gettext_lazy("SHA-256 of the file"),
        required=False,
        help_text=gettext_lazy("If you know it: a file that was changed on its way is then refused."),
        error_messages={"invalid": gettext_lazy("A SHA-256 has 64 characters: digits and the letters a to f.")},
    )
    agreed = forms.BooleanField(
        label=gettext_lazy(
            "I state for the provider that the data named in this order, with all copies we control and at our suppliers, is deleted as said here."
        )
    )

    def clean_document(self) -> bytes | None:
        """The bytes of the PDF."""
        return pdf_of(self.cleaned_data["document"])


class RegisterForm(forms.Form):
    """A certificate that came on paper or by mail, registered by the district."""

    order_sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)
    name = forms.CharField(label=gettext_lazy("Who signed it"), max_length=120)
    title = forms.CharField(label=gettext_lazy("Their title"), required=False, max_length=120)
    deleted_on = forms.DateField(label=gettext_lazy("Day on which the data was deleted"), widget=Date)
    copies_until = forms.DateField(label=gettext_lazy("Last copies (backups) gone by"), required=False, widget=Date)
    document = forms.FileField(label=gettext_lazy("Scan of the certificate (PDF)"))

    def clean_document(self) -> bytes | None:
        """The bytes of the PDF."""
        return pdf_of(self.cleaned_data["document"])


class CallOffForm(forms.Form):
    """Why an order no longer stands."""

    because = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


def pdf_of(file: IO[bytes] | None) -> bytes | None:
    """The bytes of an uploaded PDF; None without one. Raises ValidationError for what is none."""
    if not file:
        return None
    try:
        return documents.read_pdf(file)
    except CannotDo as refusal:
        raise forms.ValidationError(refusal.what_to_do) from refusal
