"""Translations: portal/locale/<language>/LC_MESSAGES/django.po, compiled to .mo with polib. No gettext needed."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib
from django.conf import settings


def catalogs() -> Iterator[Path]:
    """Every .po file of the project."""
    for folder in settings.LOCALE_PATHS:
        yield from sorted(Path(folder).glob("*/LC_MESSAGES/*.po"))


def is_stale(po: Path) -> bool:
    """True where the compiled file is missing or older than its source."""
    mo = po.with_suffix(".mo")
    return not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns


def compile_catalog(po: Path) -> Path:
    """Write the .mo beside `po`. Several processes may do so at once: each writes a file of its own and renames it."""
    mo = po.with_suffix(".mo")
    handle, name = tempfile.mkstemp(dir=po.parent, suffix=".mo.tmp")
    os.close(handle)
    try:
        polib.pofile(str(po)).save_as_mofile(name)
        Path(name).chmod(0o644)
        Path(name).replace(mo)
    finally:
        Path(name).unlink(missing_ok=True)
    return mo


def compile_stale() -> list[Path]:
    """Compile what is missing or old; a folder that cannot be written to is left as it is (an image compiles at its build)."""
    return [compile_catalog(po) for po in catalogs() if is_stale(po) and os.access(po.parent, os.W_OK)]
