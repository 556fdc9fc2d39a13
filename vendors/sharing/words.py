"""Words of the gate: why nothing left, why a child was left out, why a way must stop. The words themselves stand in the trail."""

from django.utils.translation import gettext_lazy as _

# Why a release did not happen, or ended before its time.
REFUSALS = {
    "not_approved": _("The tool is not approved, or its agreement is not in force."),
    "collects_nothing": _("The tool is approved as one that collects nothing, so nothing can be sent to it."),
    "purpose": _("Agreement and approval do not both name this purpose."),
    "element": _("An element is not in the agreement's schedule and the approval."),
    "no_elements": _("Agreement and approval name no element that the portal could send."),
    "not_seen": _("Nobody has looked at the preview and confirmed it yet."),
    "grown": _("Many more children or further elements than in the preview that was confirmed. Look at it again."),
    "too_often": _("Too many releases within a day. Wait until tomorrow, or find out who asks so often."),
    "stopped": _("This delivery was stopped."),
    "nobody": _("No child can be in it: no class uses the tool, or all are withheld."),
    "changed": _("Agreement or approval changed at this moment. Try again."),
}

# Why a child is not in a release. What families said is told as one word: nobody sees who said it, or why.
REASONS = {
    "family": _("families said no, or have not said yes"),
    "grade": _("the approval does not cover their grade"),
    "age": _("the approval does not cover their age"),
    "age_unknown": _("their birth date is not known, and the approval has an age limit"),
    "left": _("they have left the school"),
    # Of whom only places were agreed that stay out: the word does not tell that an address is confidential.
    "nothing": _("nothing that was agreed may leave about them"),
}

# Why a way of data must be switched off.
STOPS = {
    "agreement_ended": _("The agreement ended"),
    "approval_ended": _("The approval ended"),
    "refused": _("The tool was refused"),
    "left": _("Children left the district"),
    "retired": _("The tool was taken out of use"),
    "withdrawn": _("Families said no, or took their OK back"),
    "asked": _("Somebody asked for it"),
}
