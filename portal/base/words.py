"""Translations: portal/locale/<language>/LC_MESSAGES/django.po, kept, checked and compiled without gettext.

The words are found by reading: Python files through their syntax tree, templates through Django's own reader. `make_words`
brings the catalogs up to date, `check_words` (part of `make check`) says what is missing or wrong, `compile_words` compiles.
"""

import ast
import dataclasses
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

PACKAGES = ("portal", "governance", "vendors", "breaches")
# Pages for staff alone may stay in English. Whatever is said anywhere else, in a template or in Python, must be there in Spanish.
STAFF_ONLY: tuple[str, ...] = (
    "*/management/commands/*",
    "*/models.py",  # names of fields, read in forms for staff
    "governance/authority/[!p]*",  # rules, stewards, decisions; plain_words.py is what families read
    "governance/authority/present.py",
    "governance/requests/*",
    "governance/alerts/*",
    "governance/audit/*",
    "governance/auditors/*",
    "governance/checkpoints/[!cfpv]*",  # cosignatures, forms and present are for witnesses, too
    "governance/checkpoints/commands.py",
    "governance/coverage/*",
    "governance/disclosures/[afv]*.py",  # writing down and checking; family_views.py says nothing of its own
    "governance/exports/[!br]*",  # board.py and reports.py are read as PDF in Spanish, too
    "governance/history/*",
    "governance/people/accounts.py",
    "governance/people/facts.py",
    "governance/people/present.py",
    "governance/people/roles.py",
    "governance/people/views.py",
    "governance/records/emergency/*",
    "governance/records/forms.py",
    "governance/records/queue.py",
    "governance/records/roster/*",
    "governance/records/values/*",
    "governance/retention/[!f]*",  # family.py is what families read
    "governance/retention/forms.py",
    "governance/trail/health.py",
    "breaches/affected/*",
    "breaches/assessment/*",
    "breaches/clocks/*",
    "breaches/incidents/*",
    "breaches/handling.py",
    "breaches/approving.py",
    "breaches/readiness/*",
    "breaches/letters/calls.py",
    "breaches/letters/desk_*",
    "breaches/letters/printing.py",
    "breaches/letters/views.py",
    "templates/breaches/letters/calls*",
    "templates/breaches/letters/incident.html",
    "templates/breaches/letters/notice.html",
    "templates/notices/letter_answered/*",
    "breaches/drills/[!b]*",  # board.py is read in the report for the board, in Spanish, too
    "breaches/notices/actions.py",
    "breaches/notices/addressees.py",
    "breaches/notices/apps.py",
    "breaches/notices/outgoing.py",
    "breaches/notices/present.py",
    "breaches/notices/forms.py",
    "breaches/notices/queries.py",
    "breaches/notices/views.py",
    "breaches/postings/actions.py",
    "breaches/postings/apps.py",
    "breaches/postings/forms.py",
    "breaches/postings/packing.py",
    "breaches/postings/pack_*.py",
    "breaches/postings/views.py",
    "breaches/postings/year_views.py",
    "breaches/remedies/[pqrw]*",  # actions and family*.py are what families read
    "breaches/remedies/apps.py",
    "breaches/remedies/forms.py",
    "breaches/remedies/views.py",
    "templates/breaches/affected/*",
    "templates/breaches/assessment/*",
    "templates/breaches/clocks/*",
    "templates/breaches/notices/*",
    "templates/breaches/postings/post*",
    "templates/breaches/postings/packs*",
    "templates/breaches/postings/year.html",
    "templates/breaches/remedies/[!f]*",
    "templates/breaches/readiness/*",
    "templates/breaches/drills/*",
    "governance/people/second_factor.py",
    "vendors/sharing/*",
    "vendors/ways/[!f]*",  # families.py is what families read
    "vendors/ways/fo*",
    "templates/vendors/ways/*",
    "vendors/drops/*",
    "vendors/earlier/*",
    "templates/vendors/earlier/*",
    "templates/vendors/drops/*",
    "templates/notices/drop_failed/*",
    "templates/notices/way_to_stop/*",
    "templates/vendors/sharing/*",
    "vendors/oneroster/*",  # for the office and for engineers; its pages but the first are in Spanish, too
    "templates/vendors/oneroster/connection.html",
    "templates/notices/desk_answered/*",
    "breaches/reports/reporters.py",
    "templates/breaches/incidents/*",
    "templates/breaches/reports/contact.html",
    "templates/breaches/reports/report[s_]*",
    "templates/notices/report_*",
    "templates/notices/safety_report_received/*",
    "portal/pages/gallery.py",
    "vendors/bringing*",
    "vendors/columns.py",
    "templates/vendors/bringing/*",
    "vendors/advice/*",
    "templates/vendors/advice/*",
    "vendors/discovery/*",
    "templates/vendors/discovery/*",
    "vendors/folders/*",
    "templates/vendors/folders/*",
    "vendors/spreadsheets/*",
    "templates/vendors/spreadsheets/*",
    "portal/pages/setup/*",
    "portal/pages/home/breach_day.py",
    "portal/pages/status/*",
    "templates/notices/agreement_expires/*",
    "templates/notices/breach_told/*",
    "templates/notices/deletion_*/*",
    "templates/notices/tool_answered/*",
    "templates/vendors/agreements/*",
    "templates/vendors/company/*",
    "templates/vendors/consents/[!_afpr]*",  # campaign.html and overview.html
    "templates/vendors/consents/ask.html",
    "templates/vendors/consents/paper.html",
    "templates/vendors/consents/papers.html",
    "templates/vendors/consents/policy.html",
    "templates/vendors/ends/*",
    "templates/notices/contact_ends/*",
    "templates/vendors/providers/*",
    "templates/vendors/reviews/*",
    "templates/vendors/tool_requests/*",
    "vendors/agreements/[!w]*",  # words.py: what agreements promise, read by everybody
    "vendors/providers/[!w]*",  # words.py: subjects, read by everybody
    "vendors/consents/campaigns.py",
    "vendors/consents/views.py",
    "vendors/consents/paper_views.py",
    "vendors/company/*",  # for the provider's contacts and the office
    "vendors/ends/[!f]*",  # families.py is what families read
    "vendors/ends/f[!a]*",  # following.py and forms.py
    "vendors/reviews/*",
    "vendors/tool_requests/*",
    "templates/governance/alerts/*",
    "templates/governance/audit/*",
    "templates/governance/auditors/*",
    "templates/governance/authority/*",
    "templates/governance/checkpoints/_parts.html",
    "templates/governance/checkpoints/checks.html",
    "templates/governance/checkpoints/restores.html",
    "templates/governance/checkpoints/witnesses.html",
    "templates/governance/coverage/s*",
    "templates/governance/disclosures/[drms]*",
    "templates/governance/exports/*",
    "templates/governance/history/*",
    "templates/governance/people/p*",  # people, person, proposals; invitation*.html is for everybody
    "templates/governance/records/*",
    "templates/governance/requests/*",
    "templates/governance/retention/r*",
    "templates/governance/roster/*",
    "templates/notices/alert_*",
    "templates/notices/emergency_opened/*",
    "templates/notices/look_questioned/*",
    "templates/notices/one_key/*",
    "templates/notices/papers_due/*",
    "templates/portal/families/[!cj]*",  # the school office's desk; code.html and join.html are for parents
    "templates/portal/families/child.html",
    "templates/portal/gallery*",
    "templates/portal/setup/*",
    "templates/portal/status/*",
)
# Several Spanish plurals, as Django has them.
PLURAL_FORMS = {"es": (3, "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;")}
# Kept without any word: pages in Hmong are English pages whose Hmong parts come from governance/data, each marked with its language.
LEFT_EMPTY = ("hmn",)

_NAMES = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "npgettext",
    "npgettext_lazy",
}
_STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"(?<!\w)(_|n?p?gettext)\(\s*({_STRING})(?:\s*,\s*({_STRING}))?(?:\s*,\s*({_STRING}))?")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?[a-z]+")


@dataclasses.dataclass(frozen=True)
class Message:
    """Something said somewhere: the key of a catalog's entry."""

    text: str
    plural: str = ""
    context: str = ""


def catalogs() -> Iterator[Path]:
    """Every .po file of the project."""
    for folder in settings.LOCALE_PATHS:
        yield from sorted(Path(folder).glob("*/LC_MESSAGES/*.po"))


def language_of(po: Path) -> str:
    """The language code of a catalog."""
    return po.parent.parent.name


# -- Compiling ------------------------------------------------------------------------------------------------------
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


# -- Finding --------------------------------------------------------------------------------------------------------
def said() -> dict[Message, list[str]]:
    """Everything the project says, with the files (relative to the project) that say it."""
    found: dict[Message, list[str]] = {}
    for file in _sources():
        name = file.relative_to(settings.BASE_DIR).as_posix()
        text = file.read_text(encoding="utf-8")
        for message in said_in_python(text) if file.suffix == ".py" else said_in_template(text):
            places = found.setdefault(message, [])
            if name not in places:
                places.append(name)
    return found


def said_in_python(source: str) -> Iterator[Message]:
    """The calls of gettext and its kin with literal texts, in the order of the file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if name in _NAMES and texts:
                yield _message(name.removesuffix("_lazy").removesuffix("_noop"), texts)


def said_in_template(source: str) -> Iterator[Message]:
    """What {% translate %}, {% blocktranslate %} and _("…") say, as Django's makemessages reads it."""
    for call in _CALL.finditer(templatize(source)):
        yield _message(call[1], [ast.literal_eval(text) for text in call.groups()[1:] if text])


def must_be_translated(places: Iterable[str]) -> bool:
    """True unless the words are said on staff pages only."""
    return not all(any(fnmatch(place, pattern) for pattern in STAFF_ONLY) for place in places)


def _sources() -> Iterator[Path]:
    base = Path(settings.BASE_DIR)
    for package in PACKAGES:
        yield from (file for file in sorted((base / package).rglob("*.py")) if "migrations" not in file.parts)
    for kind in ("*.html", "*.txt"):
        yield from sorted((base / "templates").rglob(kind))


def _message(name: str, texts: list[str]) -> Message:
    context = texts.pop(0) if name in {"pgettext", "npgettext"} else ""
    plural = texts[1] if name in {"ngettext", "npgettext"} and len(texts) > 1 else ""
    return Message(texts[0], plural, context)


# -- Keeping --------------------------------------------------------------------------------------------------------
def update(po: Path, messages: dict[Message, list[str]]) -> polib.POFile:
    """The catalog with an entry for everything said, none for what is said no more, sorted by place; translations are kept."""
    language = language_of(po)
    old = {_key(entry): entry for entry in polib.pofile(str(po))}
    count, forms = PLURAL_FORMS.get(language, (2, "nplurals=2; plural=(n != 1);"))
    new = polib.POFile(wrapwidth=140)
    new.metadata = {
        "Project-Id-Version": "student data governance portal",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": forms,
    }
    for message, places in sorted(messages.items(), key=lambda item: (item[1][0], item[0].text)):
        kept = old.get(message)
        entry = polib.POEntry(msgid=message.text, msgctxt=message.context or None, occurrences=[(place, "") for place in places])
        if message.plural:
            entry.msgid_plural = message.plural
            entry.msgstr_plural = dict.fromkeys(range(count), "") | (kept.msgstr_plural if kept else {})
        elif kept:
            entry.msgstr = kept.msgstr
        if "%(" in message.text:
            entry.flags = ["python-format"]
        new.append(entry)
    return new


def _key(entry: polib.POEntry) -> Message:
    return Message(entry.msgid, entry.msgid_plural or "", entry.msgctxt or "")


# -- Checking -------------------------------------------------------------------------------------------------------
def faults(po: Path, messages: dict[Message, list[str]]) -> list[str]:
    """What is wrong with a catalog, one line each; empty where all is well."""
    language = language_of(po)
    catalog = polib.pofile(str(po))
    if language in LEFT_EMPTY:
        return [f"{language}: {entry.msgid!r} has a text; this catalog stays empty" for entry in catalog]
    entries = {_key(entry): entry for entry in catalog}
    told = [
        f"{language}: {message.text!r} ({places[0]}) is not in the catalog: run manage.py make_words"
        for message, places in messages.items()
        if message not in entries
    ]
    told += [f"{language}: {message.text!r} is said no more: run manage.py make_words" for message in entries if message not in messages]
    for message, entry in entries.items():
        if message in messages:
            told += [
                f"{language}: {message.text!r} ({messages[message][0]}) {fault}"
                for fault in _faults_of(entry, language, must_be_translated(messages[message]))
            ]
    return told


def _faults_of(entry: polib.POEntry, language: str, wanted: bool) -> Iterator[str]:
    if entry.fuzzy:
        yield "is marked fuzzy: read it, mend it, take the mark away"
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if not all(texts):
        if wanted or any(texts):
            yield "has no translation" if not any(texts) else "lacks one of its plural forms"
        return
    if entry.msgid_plural and len(texts) != PLURAL_FORMS[language][0]:
        yield f"has {len(texts)} plural forms; this language has {PLURAL_FORMS[language][0]}"
    for text in texts:
        if placeholders(text) not in (placeholders(entry.msgid), placeholders(entry.msgid_plural or entry.msgid)):
            yield f"has other placeholders or tags than {text!r}"
        if text[:1].isspace() != entry.msgid[:1].isspace() or text[-1:].isspace() != entry.msgid[-1:].isspace():
            yield f"begins or ends with a space or line break where {text!r} does not, or the reverse"


def placeholders(text: str) -> list[str]:
    """What a translation must carry over: %(name)s, {name} and tags, sorted."""
    return sorted(_PLACEHOLDER.findall(text.replace("%%", "")))
