"""Words of the file drop: why no file was made, why one went. The words themselves stand in the trail."""

from django.utils.translation import gettext_lazy as _

# Beside sharing.words.REFUSALS.
FAILED = {
    "interrupted": _(
        "The work was interrupted before the file was whole. Nothing lies in the folder; the record of disclosures keeps the lines."
    ),
    "void": _("Something ended or a family said no while it was made, so it was not put into the folder."),
    "folder": _("The folder cannot be written. Look at PORTAL_DROP on the server."),
    "no_role": _("Whoever started it no longer has the role for it. Stop it, and let somebody who has start it anew."),
}

GONE = {
    "kept_long_enough": _("its days were over"),
    "newer": _("a newer one took its place"),
    "asked": _("somebody stopped it"),
    "withdrawn": _("a family said no, or took its OK back"),
    "not_usable": _("the tool may not be used any more"),
    "delivery_stopped": _("the delivery was stopped"),
}
