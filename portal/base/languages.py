"""Languages that Django does not know. Called by the settings, before anything asks."""

from django.conf import locale

_HMONG = {"bidi": False, "code": "hmn", "name": "Hmong", "name_local": "Hmoob"}


def teach_django() -> None:
    """Hmong (White Hmong, RPA spelling) as `hmn`; browsers name it by its members, `mww` (White) and `hnj` (Green)."""
    locale.LANG_INFO["hmn"] = _HMONG
    for member in ("mww", "hnj"):
        locale.LANG_INFO[member] = {"fallback": ["hmn"]}
