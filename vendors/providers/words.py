"""Fixed lists of words that rows of the catalogue hold, with what people read."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SUBJECTS: dict[str, str | Promise] = {
    "reading": _("Reading and language"),
    "mathematics": _("Mathematics"),
    "science": _("Science"),
    "social-studies": _("Social studies"),
    "world-languages": _("World languages"),
    "arts": _("Art and music"),
    "health": _("Health and physical education"),
    "computing": _("Computing"),
    "assessment": _("Tests and practice"),
    "communication": _("Messages and meetings"),
    "class-management": _("Running the classroom"),
    "special-education": _("Special education"),
}
