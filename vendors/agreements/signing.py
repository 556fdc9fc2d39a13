"""The form under a text that is read and signed: the same for the district's pages and the provider's."""

import datetime as dt

from django.utils.translation import gettext as _

from governance.people.http import SignedInRequest
from portal.base.errors import CannotDo
from vendors.agreements import actions, forms
from vendors.agreements.models import Signature, Version


def answer(request: SignedInRequest, version: Version, *, side: Signature.Side, at: dt.datetime) -> tuple[forms.SignForm, bool]:
    """The form for this text, and whether it has just been signed with it. A refusal stands in the form, in words."""
    sent = request.POST if request.method == "POST" else None
    form = forms.SignForm(sent, initial={"text_sha256": version.sha256, "title": request.user.title})
    if side == Signature.Side.PROVIDER:
        form.fields["read"].label = _("I have read this text and sign it for the provider.")
    if not form.is_valid():
        return form, False
    try:
        actions.sign(
            agreement=version.agreement.public_id,
            text_sha256=form.cleaned_data["text_sha256"],
            side=side,
            title=form.cleaned_data["title"],
            by=request.user,
            at=at,
        )
    except CannotDo as refusal:
        form.add_error(None, refusal.what_to_do)
        return form, False
    return form, True
