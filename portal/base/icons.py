"""The pictures in use, and the one file that holds them."""

import re
from pathlib import Path

# Names of Bootstrap Icons. A new one: add it here, then run manage.py vendor_static.
ICONS = (
    "arrow-right",
    "box-arrow-in-right",
    "box-arrow-right",
    "building",
    "calendar-event",
    "check-circle-fill",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "clock-history",
    "dash-circle",
    "download",
    "envelope",
    "exclamation-triangle-fill",
    "eye",
    "file-earmark-text",
    "funnel",
    "hand-thumbs-down",
    "hourglass-split",
    "inbox",
    "info-circle-fill",
    "journal-text",
    "key",
    "list",
    "lock-fill",
    "mortarboard",
    "pencil-square",
    "people",
    "person-circle",
    "phone",
    "plus-lg",
    "printer",
    "question-circle",
    "search",
    "shield-lock-fill",
    "telephone",
    "trash3",
    "upload",
    "x-octagon-fill",
)
_SHAPES = re.compile(r"<svg[^>]*viewBox=\"([^\"]+)\"[^>]*>(.*)</svg>", re.DOTALL)


def sprite(folder: Path) -> str:
    """All icons of `folder` as symbols of one SVG file, named as their files."""
    symbols = []
    for name in ICONS:
        found = _SHAPES.search((folder / f"{name}.svg").read_text())
        if not found:
            raise ValueError(f"{name}.svg is not a plain picture")
        shapes = re.sub(r"\s*\n\s*", "", found[2].strip())
        symbols.append(f'<symbol id="{name}" viewBox="{found[1]}">{shapes}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
