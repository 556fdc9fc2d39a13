"""Every template of the project, read as text: what the content security policy forbids, what nobody uses, what has no style."""

import re
from pathlib import Path

import allauth
import django
import pytest

from portal.base.icons import ICONS

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "templates"
ALL = sorted(TEMPLATES.rglob("*.html"))
LIBRARIES = [Path(allauth.__file__).parent / "templates", Path(django.__file__).parent / "forms" / "templates"]
# Django, and the sign-in library, look for these by their number.
BY_NUMBER = {"400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"}
# Set by scripts or by the libraries' widgets, without a style of their own.
WITHOUT_STYLE = {"errorlist"}

FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a script with content": re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>%]*\son[a-z]+\s*=", re.IGNORECASE),
    "an address that runs code": re.compile(r"javascript:", re.IGNORECASE),
    "an attribute for Bootstrap's script": re.compile(r"data-bs-"),
    "code for htmx to run": re.compile(r"hx-(on|vals='js|headers='js)"),
    "a file from elsewhere": re.compile(r"<(script|link|img)\b[^>]*(src|href)=[\"']https?:", re.IGNORECASE),
}


def _name(file: Path) -> str:
    return file.relative_to(TEMPLATES).as_posix()


def _code() -> str:
    return "\n".join(file.read_text() for top in ("portal", "governance", "vendors", "breaches") for file in (ROOT / top).rglob("*.py"))


@pytest.mark.parametrize("file", ALL, ids=_name)
def test_it_keeps_to_the_content_security_policy(file: Path):
    text = file.read_text()
    found = [f"{what}: {match[0][:80]}" for what, pattern in FORBIDDEN.items() for match in pattern.finditer(text)]
    assert not found


def test_faults_are_listed_once():
    """A form that is shown whole lists its own faults at its head (django/forms/div.html)."""
    summary = re.compile(r'error_summary\.html" with form=([a-z_.]+) only')
    twice = [
        f"{_name(file)}: {shown}"
        for file in ALL
        for form in re.findall(r"<form\b.*?</form>", file.read_text(), re.DOTALL)
        for shown in summary.findall(form)
        if f"{{{{ {shown} }}}}" in form
    ]
    assert not twice


@pytest.mark.parametrize(
    "text",
    [
        "<p style='color:red'>",
        "<style>p{}</style>",
        "<script>x()</script>",
        '<a onclick="x()">',
        '<a href="javascript:x">',
        '<p data-bs-toggle="x">',
    ],
)
def test_the_check_finds_what_is_forbidden(text: str):
    assert any(pattern.search(text) for pattern in FORBIDDEN.values())


def test_every_template_is_used():
    texts = "\n".join(file.read_text() for file in ALL)
    named = set(re.findall(r"\{%\s*(?:extends|include)\s+[^%]*?[\"']([^\"']+\.html)[\"']", texts))
    named |= set(re.findall(r"default:[\"']([^\"']+\.html)[\"']", texts))
    code = _code()
    named |= set(re.findall(r"[\"']([\w/.-]+\.html)[\"']", code))
    named |= {f"components/{name}.html" for name in re.findall(r"_component\(\s*\"(\w+)\"", code)}
    overrides = {_name(file) for file in ALL if any((library / _name(file)).exists() for library in LIBRARIES)}
    overrides.add("account/password_reset_help_text.html")  # the library makes its own where this is missing
    unused = {_name(file) for file in ALL} - named - overrides - BY_NUMBER
    assert not unused


def test_every_included_template_exists():
    ours = {_name(file) for file in ALL}
    wanted = {
        (name, _name(file))
        for file in ALL
        for name in re.findall(r"\{%\s*(?:extends|include)\s+[\"']([^\"']+)[\"']", file.read_text())
        if not any((library / name).exists() for library in LIBRARIES)
    }
    assert not {pair for pair in wanted if pair[0] not in ours}


def test_icons_are_those_of_the_sprite():
    used = set()
    for file in ALL:
        text = file.read_text()
        used |= set(re.findall(r"\{% icon \"([\w-]+)\"", text))
        used |= set(re.findall(r"\bicon=\"([\w-]+)\"", text))
        used |= set(re.findall(r"icon\|default:\"([\w-]+)\"", text))
        used |= set(re.findall(r"icons\.svg\" %\}#([\w-]+)", text))
    assert used <= set(ICONS)
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "img" / "icons.svg").read_text()))
    assert drawn == set(ICONS)


def test_every_class_in_a_template_has_a_style():
    css = (ROOT / "static" / "css" / "portal.css").read_text()
    styled = set(re.findall(r"\.(-?[A-Za-z_][\w-]*)", css)) | WITHOUT_STYLE
    missing = {_name(file): names for file in ALL if (names := _unstyled(file.read_text(), styled))}
    assert not missing


def test_a_class_without_a_style_is_found():
    styled = {"box", "box-ok", "field"}
    assert _unstyled('<p class="box{% if x %} box-ok{% endif %} box-{{ kind }}"><p class="box-{% if y %}ok{% endif %}">', styled) == set()
    assert _unstyled('<p class="card{% if x %} field{% endif %}"><p class="list-{{ kind }}">', styled) == {"card", "list-"}


def _unstyled(text: str, styled: set[str]) -> set[str]:
    """The class names of a template that no rule names; of a name put together while rendering, the part that starts or ends no class."""
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "\0", text)
    found = set()
    for value in re.findall(r"\sclass=\"([^\"]*)\"", text):
        for word in value.split():
            for part in filter(None, word.split("\0")):
                built = "\0" in word and any(name.startswith(part) or name.endswith(part) for name in styled)
                if part not in styled and not built:
                    found.add(part)
    return found
