"""Words are found, kept and checked without gettext."""

import polib
import pytest
from django.utils import translation
from django.utils.translation import get_language_info, get_supported_language_variant, gettext, ngettext

from portal.base import words
from portal.base.words import Message


def test_python_is_read_through_its_syntax_tree():
    source = """
_("one " "two")
gettext_lazy("three")
ngettext("%(n)s day", "%(n)s days", n)
pgettext("month", "May")
translation.gettext("four")
gettext(variable)
other("five")
"""
    assert list(words.said_in_python(source)) == [
        Message("one two"),
        Message("three"),
        Message("%(n)s day", "%(n)s days"),
        Message("May", "", "month"),
        Message("four"),
    ]


def test_templates_are_read_as_django_reads_them():
    source = (
        '{% translate "Hello" %}{% translate "It\'s so" %}{% blocktranslate with name=x trimmed %}'
        "\n  Dear {{ name }},\n  hello{% endblocktranslate %}"
        "{% blocktranslate count n=days %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}"
        '{% card title=_("A title") %}{{ _("A value") }}'
        '{% translate "May" context "month" %}{# {% translate "not said" %} #}'
    )
    assert list(words.said_in_template(source)) == [
        Message("Hello"),
        Message("It's so"),
        Message("Dear %(name)s, hello"),
        Message("%(n)s day", "%(n)s days"),
        Message("A title"),
        Message("A value"),
        Message("May", "", "month"),
    ]


@pytest.fixture
def catalog(tmp_path):
    """A Spanish catalog from (msgid, msgstr) pairs."""

    def make(*entries):
        file = tmp_path / "es" / "LC_MESSAGES" / "django.po"
        file.parent.mkdir(parents=True)
        po = polib.POFile()
        po.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
        po.extend(entries)
        po.save(str(file))
        return file

    return make


def entry(msgid, msgstr="", **more):
    return polib.POEntry(msgid=msgid, msgstr=msgstr, **more)


def test_an_update_keeps_what_is_translated_and_drops_what_is_said_no_more(catalog):
    file = catalog(entry("Kept", "Guardado"), entry("Gone", "Fuera"))
    updated = words.update(file, {Message("Kept"): ["a.html"], Message("New"): ["a.html"], Message("%(n)s day", "%(n)s days"): ["b.py"]})
    assert [(found.msgid, found.msgstr) for found in updated] == [("Kept", "Guardado"), ("New", ""), ("%(n)s day", "")]
    assert updated[2].msgstr_plural == {0: "", 1: "", 2: ""}
    assert "nplurals=3" in updated.metadata["Plural-Forms"]


FAULTY = [
    (entry("Hello"), "has no translation"),
    (entry("Hello", "Hola", flags=["fuzzy"]), "fuzzy"),
    (entry("Dear %(name)s", "Hola %(nombre)s"), "other placeholders"),
    (entry("Read <a>this</a>", "Lea esto"), "other placeholders or tags"),
    (entry("Phone: ", "Teléfono:"), "space or line break"),
    (entry("%(n)s day", msgid_plural="%(n)s days", msgstr_plural={0: "%(n)s día", 1: "%(n)s días", 2: ""}), "plural forms"),
    (entry("%(n)s day", msgid_plural="%(n)s days", msgstr_plural={0: "%(n)s día", 1: "%(n)s días"}), "2 plural forms"),
    (entry("%(n)s day", msgid_plural="%(n)s days", msgstr_plural={0: "un día", 1: "%(n)s días", 2: "%(n)s días"}), "other placeholders"),
]


@pytest.mark.parametrize(("wrong", "told"), FAULTY, ids=lambda value: value if isinstance(value, str) else value.msgid)
def test_each_fault_is_told(catalog, wrong, told):
    file = catalog(wrong)
    [fault] = words.faults(file, {Message(wrong.msgid, wrong.msgid_plural or ""): ["templates/page.html"]})
    assert told in fault
    assert "templates/page.html" in fault


def test_what_is_not_in_the_catalog_or_said_no_more_is_told(catalog):
    told = words.faults(catalog(entry("Old", "Viejo")), {Message("New"): ["a.html"]})
    assert len(told) == 2
    assert all("make_words" in fault for fault in told)


def test_a_staff_page_may_stay_in_english(catalog):
    assert words.faults(catalog(entry("Seal the tail")), {Message("Seal the tail"): ["templates/portal/gallery.html"]}) == []


def test_words_of_a_staff_page_that_a_family_reads_too_need_spanish():
    assert not words.must_be_translated(["templates/portal/gallery.html"])
    assert words.must_be_translated(["templates/portal/gallery.html", "templates/portal/public/home.html"])


def test_the_hmong_catalog_stays_empty(tmp_path, catalog):
    file = catalog(entry("Hello", "Nyob zoo"))
    hmong = tmp_path / "hmn" / "LC_MESSAGES" / "django.po"
    hmong.parent.mkdir(parents=True)
    hmong.write_text(file.read_text())
    assert words.faults(hmong, {}) == ["hmn: 'Hello' has a text; this catalog stays empty"]


def test_a_catalog_is_compiled_when_it_is_newer(catalog):
    file = catalog(entry("Hello", "Hola"))
    assert words.is_stale(file)
    compiled = words.compile_catalog(file)
    assert not words.is_stale(file)
    assert polib.mofile(str(compiled)).find("Hello").msgstr == "Hola"
    assert [left.name for left in file.parent.iterdir() if left.suffix == ".tmp"] == []


def test_spanish_speaks_in_all_its_plurals():
    with translation.override("es"):
        assert gettext("Your rights") == "Sus derechos"
        assert ngettext("%(days)d day left", "%(days)d days left", 1) == "Queda %(days)d día"
        assert ngettext("%(days)d day left", "%(days)d days left", 0) == "Quedan %(days)d días"
        assert ngettext("%(days)d day left", "%(days)d days left", 1_000_000) == "Quedan %(days)d días"


@pytest.mark.parametrize(("asked", "ours"), [("mww", "hmn"), ("hnj", "hmn"), ("hmn", "hmn"), ("es-mx", "es"), ("en-gb", "en")])
def test_browsers_names_for_our_languages(asked, ours):
    assert get_supported_language_variant(asked) == ours


def test_hmong_is_named_by_its_own_name():
    assert get_language_info("hmn")["name_local"] == "Hmoob"
