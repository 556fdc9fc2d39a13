"""Makes the one stylesheet that pages link: what is used of Bootstrap, then our own files in a fixed order."""

import re
from collections.abc import Iterator
from pathlib import Path

ORDER = ("tokens", "base", "layout", "components/*", "utilities", "print")

# Parts of Bootstrap that need its script (not shipped: every page works without) or that our own components replace.
_LEFT_OUT = re.compile(
    r"\.(accordion|breadcrumb|btn-check|btn-close|btn-group|btn-toolbar|bs-popover|bs-tooltip|carousel|collaps|drop(down|up|end|start)|fade\b|figure"
    r"|focus-ring|form-floating|form-range|form-switch|form-control-color|form-control-plaintext|hstack|icon-link|img-thumbnail|input-group|list-group"
    r"|modal|nav|navbar|offcanvas|page-|pagination|placeholder|popover|progress|ratio|spinner|tab-|toast|tooltip|valid-|was-validated|is-valid|vr\b|vstack"
    r"|text-bg-|link-(primary|secondary|success|info|warning|danger|light|dark|body|offset|opacity|underline)|btn-(success|info|warning|light|dark|link)"
    r"|btn-outline-(success|info|warning|light|dark)|(text|bg|border)-opacity|table-(primary|secondary|success|info|warning|danger|light|dark|striped|hover)"
    r"|(translate-middle|object-fit|overflow|opacity|user-select|pe-(none|auto)|z-|top-|bottom-|start-|end-|rounded-(top|end|bottom|start|0|1|2|3|4|5)"
    r"|float|shadow|order|offset|alert-|badge|card|sticky|fixed|row-cols|fst-|fs-|lh-|font-monospace|border-(primary|secondary|success|info|warning|danger|light|dark|black|white|[0-9])"
    r"|bg-(primary|secondary|success|info|warning|danger|light|dark|black|white|gradient|transparent)"
    r"|text-(primary|success|info|warning|danger|light|dark|black|white)|w-|h-|mw-|mh-|vw-|vh-|min-v)"
    r"|[a-z-]*-xx?l\b|[a-z-]+-xx?l-|(?!col-|d-)[a-z-]+-(sm|md|lg)-|alert|blockquote|list-inline|form-check-inline|text-[a-z]+-emphasis|bg-[a-z]+-subtle|border-[a-z]+-subtle)"
)
_FRAMES_LEFT_OUT = re.compile(r"@keyframes (progress|spinner|placeholder)")
_DARK = "[data-bs-theme=dark]"


def compose(static: Path) -> str:
    """The stylesheet as it is committed in static/css/portal.css."""
    files = [file for pattern in ORDER for file in sorted((static / "css").glob(f"{pattern}.css"))]
    bootstrap = prune(_strip((static / "vendor" / "bootstrap" / "bootstrap.css").read_text()))
    note = "/* Made by manage.py make_css: Bootstrap 5.3 (MIT, static/vendor/bootstrap/LICENSE) and static/css. Do not edit. */"
    return "\n".join([note, bootstrap, *map(_own, files)]) + "\n"


def _own(file: Path) -> str:
    return "".join(head if body is None else f"{head}{{{body}}}" for head, body in _squeezed(_strip(file.read_text())))


def prune(css: str) -> str:
    """Bootstrap without the parts left out; its dark colors follow the system's choice on a screen."""
    kept = []
    for head, body in _rules(css):
        if body is None:
            kept.append(head)
        elif head.startswith("@media"):
            inner = prune(body)
            if inner:
                kept.append(f"{head}{{{inner}}}")
        elif head.startswith("@"):
            if not _FRAMES_LEFT_OUT.match(head):
                kept.append(f"{head}{{{_tight(body)}}}")
        else:
            selectors = [selector for selector in _selectors(head) if not _LEFT_OUT.search(selector)]
            dark = [selector.replace(_DARK, "").strip() or ":root" for selector in selectors if _DARK in selector]
            light = [selector for selector in selectors if _DARK not in selector and selector != "[data-bs-theme=light]"]
            if light:
                kept.append(f"{','.join(light)}{{{_tight(body)}}}")
            if dark:
                kept.append(f"@media screen and (prefers-color-scheme:dark){{{','.join(dark)}{{{_tight(body)}}}}}")
    return "".join(kept)


def _squeezed(css: str) -> Iterator[tuple[str, str | None]]:
    for head, body in _rules(css):
        if body is None:
            yield head, None
        elif head.startswith(("@media", "@supports")):
            yield head, "".join(f"{inner}{{{block}}}" for inner, block in _squeezed(body))
        else:
            yield ",".join(_selectors(head)) if not head.startswith("@") else head, _tight(body)


def _rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Pairs of what stands before the braces and what stands in them; a statement without braces comes with None."""
    start = place = 0
    while place < len(css):
        sign = css[place]
        if sign in "\"'":
            place = css.index(sign, place + 1)
        elif sign == ";":
            yield css[start : place + 1].strip(), None
            start = place + 1
        elif sign == "{":
            end = _closing(css, place)
            yield css[start:place].strip(), css[place + 1 : end].strip()
            place, start = end, end + 1
        place += 1


def _closing(css: str, opening: int) -> int:
    depth, place = 0, opening
    while True:
        sign = css[place]
        if sign in "\"'":
            place = css.index(sign, place + 1)
        elif sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
            if not depth:
                return place
        place += 1


def _selectors(head: str) -> list[str]:
    """The selectors of a list; commas inside brackets do not separate."""
    found, depth, start = [], 0, 0
    for place, sign in enumerate(head):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            found.append(head[start:place].strip())
            start = place + 1
    return [*found, head[start:].strip()]


def _strip(css: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css.replace('@charset "UTF-8";', ""), flags=re.DOTALL)).strip()


def _tight(body: str) -> str:
    """Declarations without spaces that mean nothing."""
    if "{" in body:
        return re.sub(r"\s*([{};])\s*", r"\1", body)
    return ";".join(re.sub(r"^([\w-]+):\s+", r"\1:", part.strip()) for part in _declarations(body) if part.strip())


def _declarations(body: str) -> list[str]:
    found, depth, quote, start = [], 0, "", 0
    for place, sign in enumerate(body):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == ";" and not depth:
            found.append(body[start:place])
            start = place + 1
    return [*found, body[start:]]
