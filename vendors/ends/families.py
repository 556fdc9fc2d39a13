"""What families and the public register read of a deletion: the company's statement as such, or that it is late."""

from django.utils.translation import gettext as _

from portal.base.components import Status
from portal.base.templatetags.portal import long_date
from vendors.ends.queries import DeletionState
from vendors.ends.states import State


def sentence(found: DeletionState) -> str:
    """One sentence about where a deletion stands. What the company says is never told as a fact of the district's own."""
    if found.state is State.CONFIRMED and found.deleted_on is not None:
        said = _("The company says it deleted the data on %(day)s.") % {"day": long_date(found.deleted_on)}
        if found.copies_until is not None and found.copies_until > found.deleted_on:
            said += " " + _("It says the last copies go by %(day)s.") % {"day": long_date(found.copies_until)}
        return said
    if found.state is State.LATE:
        return _("The company was to delete the data by %(day)s and has not said that it did. The district is asking.") % {
            "day": long_date(found.due_on)
        }
    return _("The company must delete the data by %(day)s.") % {"day": long_date(found.due_on)}


def shown(found: DeletionState) -> Status:
    """The same in two words, with color and shape."""
    if found.state is State.CONFIRMED:
        return Status("ok", _("Company says deleted"))
    if found.state is State.LATE:
        return Status("stop", _("Deletion is late"))
    return Status("wait", _("Being deleted"))
