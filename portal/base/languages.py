"""Languages that Django does not know. Called by the settings, before anything asks."""

import re

from django.conf import locale

_HMONG = {"bidi": False, "code": "hmn", "name": "Hmong", "name_local": "Hmoob"}


def teach_django() -> None:
    """Hmong (White Hmong, RPA spelling) as `hmn`; browsers name it by its members, `mww` (White) and `hnj` (Green)."""
    locale.LANG_INFO["hmn"] = _HMONG
    for member in ("mww", "hnj"):
        locale.LANG_INFO[member] = {"fallback": ["hmn"]}


# How rosters write the portal's languages: by tags ("es-MX"), by codes of three letters ("spa"), in words ("Spanish; Castilian", "Hmoob").
_WRITTEN = {
    "en": "en", "eng": "en", "english": "en", "ingles": "en", "inglés": "en",
    "es": "es", "spa": "es", "spanish": "es", "espanol": "es", "español": "es", "castilian": "es",
    "hmn": "hmn", "mww": "hmn", "hnj": "hmn", "hmong": "hmn", "hmoob": "hmn",
}  # fmt: skip


def first_known(*written: str | None) -> str:
    """The portal's code for the first of these that names one of its languages, as somebody wrote it; "" where none does."""
    words = (word for each in written for word in re.split(r"[\W\d_]+", (each or "").casefold()))
    return next((_WRITTEN[word] for word in words if word in _WRITTEN), "")
