"""What a password may not be: our own words with something put before or behind, or one that was in a breach."""

import hashlib
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from governance.people import queries
from governance.people.models import School
from governance.vocabulary import Role

# Words that everybody tries first at a school's portal; the names of the district, its schools and the roles come on top.
OURS = frozenset(
    {"student", "students", "data", "portal", "governance", "privacy", "school", "schools", "district", "wisconsin", "password", "welcome"}
)
LEFT = 8  # signs that have to be left without those words
_HASH_SIGNS = 40


class NotOurWords:
    """Refuses a password of which little is left once the words that fit this portal are taken out."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError."""
        rest = password.casefold()
        for word in sorted(words(), key=len, reverse=True):
            rest = rest.replace(word, "")
        if len(rest) < min(LEFT, len(password)):
            raise ValidationError(
                _("Most of this password is made of words that fit this portal, and anybody would try them first. Choose others."),
                code="our_words",
            )

    def get_help_text(self) -> str:
        """For the form."""
        return _("Your password can’t be made of the names of the district, its schools or this portal.")


def words() -> set[str]:
    """The words, in small letters, each of at least four."""
    district = queries.district()
    names = [district.name, district.short_name] if district else []
    names += School.objects.values_list("name", flat=True)
    names += [role.value for role in Role]
    found = {word for name in names for word in re.findall(r"[^\W\d_]{4,}", name.casefold())}
    return found | OURS


class NotBreached:
    """Refuses a password whose SHA-1 stands in the list that the district downloaded: lines `HASH:COUNT` in the order of the hashes, as
    haveibeenpwned.com gives them. Asked here, so that no part of a password goes out.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError."""
        if settings.BREACHED_PASSWORDS and is_listed(password, Path(settings.BREACHED_PASSWORDS)):
            raise ValidationError(_("This password was stolen somewhere and is known to attackers. Choose another."), code="breached")

    def get_help_text(self) -> str:
        """For the form."""
        return _("Your password can’t be one that is known from a theft elsewhere.")


def is_listed(password: str, file: Path) -> bool:
    """Looks by halves: some thirty reads in a list of any size."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        low, high = 0, lines.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            lines.seek(middle)
            if middle:
                lines.readline()  # to the beginning of the next line
            line = lines.readline()
            if not line or line[:_HASH_SIGNS] > wanted:
                high = middle
            elif line[:_HASH_SIGNS] == wanted:
                return True
            else:
                low = middle + 1
        return False
