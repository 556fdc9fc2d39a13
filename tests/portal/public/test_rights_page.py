"""Anyone, signed out, reads every right: who may use it, how, by when, the law, the named contact."""

import datetime as dt
import html
import re

import pytest
from playwright.sync_api import expect

from portal.pages.public import facts
from tests.harness.browser import assert_accessible, assert_fits

BOOK = facts.book()
# The Hmong wordings found in a published school notice (governance/data/README.md). Nobody adds one without a translator.
HMONG_TITLES = {
    "inspect": "Muaj cai saib thiab sojntsuam tus tub ntxhais tej ntaub ntawv kawm",
    "amend": "Muaj cai thov kho tus menyuam cov ntaub ntawv kawm ntawv",
    "consent": "kev tso cai",
    "complain": "Muaj cai sau ntawv tawm tsam rau U.S. Department of Education",
    "at-18": "Menyuam kawm ntawv uas muaj cai ua tau (muaj 18 xyoo los yog laus dua)",
    "wi-transfer": "hloov tsev kawm ntawv",
}


def page_of(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def part_of(page, right):
    """The part of the page that tells one right."""
    return page.split(f'<h3 id="right-{right.id}"')[1].split("</article>")[0]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_right_says_who_how_by_when_and_which_law(client, riverbend, language):
    page = page_of(client, "/rights/" if language == "en" else "/es/rights/")
    words = {"en": ("Who may use it", "How", "By when", "The law"), "es": ("Quién puede usarlo", "Cómo", "Plazo", "La ley")}[language]
    assert len(BOOK.rights) == 23
    for right in BOOK.rights:
        part = part_of(page, right)
        assert all(f"<dt>{word}</dt>" in part for word in words), right.id
        assert right.title[language] in part
        assert right.summary[language] in part
        assert right.how[language] in part
        assert all(clock.words[language].format(n=clock.number) in part for clock in right.clocks), right.id
        assert all(law.citation in part and f'href="{law.url}"' in part for law in right.laws), right.id
        assert all(exception in part for exception in right.exceptions[language]), right.id
        if right.if_nothing:
            assert right.if_nothing[language] in part


def test_the_spanish_page_has_no_english_sentence(client, riverbend):
    page = page_of(client, "/es/rights/")
    for right in BOOK.rights:
        assert right.summary["en"] not in page
        assert right.how["en"] not in page
    for english in ("Who to ask", "On this page", "Skip to main content", "Good to know", "Sign in", "reviewed", "Students who are 18"):
        assert english not in page
    assert '<html lang="es">' in page


def test_the_named_contact_stands_on_the_page(client, riverbend):
    for path in ("/rights/", "/es/rights/", "/hmn/rights/", "/rights/print/", "/limits/", "/"):
        page = page_of(client, path)
        assert all(
            text in page for text in ("Pa Nhia Vang", "(608) 555-0100", "privacy@riverbend.example", "Tom Ellis", "Monday to Friday")
        ), path


def test_a_district_without_a_contact_says_so(client, database):
    assert "has not yet named its contact" in page_of(client, "/rights/")


def test_it_says_that_nobody_reviewed_it_until_the_district_says_otherwise(client, riverbend):
    before = page_of(client, "/rights/")
    assert "Not yet reviewed by the district's lawyer" in before
    riverbend.legal_texts_reviewed_on = dt.date(2026, 11, 18)
    riverbend.legal_texts_reviewed_by = "Dana Roy, Roy & Lund"
    riverbend.save()
    after = page_of(client, "/rights/")
    assert "Not yet reviewed" not in after
    assert "Reviewed by the district's lawyer" in after
    assert "Dana Roy, Roy & Lund, November 18, 2026" in after


def test_what_was_not_checked_is_not_asserted(client, riverbend):
    """Phones and addresses from memory are left out; the office's website stands alone."""
    page = page_of(client, "/rights/")
    assert "https://studentprivacy.ed.gov/file-a-complaint" in page
    for from_memory in ("855-249-3072", "FERPA.Complaints", "400 Maryland", "382-4357", "422-7128", "P.O. Box 8911"):
        assert from_memory not in page
    assert "(608) 266-8960" in page  # the state's office was seen in a stored text
    unchecked = [right.id for right in BOOK.rights if not right.verified]
    assert unchecked
    for right_id in unchecked:
        assert "We have not yet compared this part with the text of the law." in part_of(
            page, next(right for right in BOOK.rights if right.id == right_id)
        )


@pytest.mark.parametrize("right", BOOK.rights, ids=lambda right: right.id)
def test_a_number_is_said_only_where_the_law_gives_one(right):
    """And it is the one of deadlines.csv: the words hold a place for it, never the number itself."""
    for clock in right.clocks:
        for language in ("en", "es"):
            words = clock.words[language]
            assert not re.search(r"\d", words.replace("{n}", "")), f"{clock.id}: the number belongs in deadlines.csv"
            if "{n}" in words:
                assert clock.number, f"{clock.id}: the law gives no number"
            elif clock.number:
                assert clock.number == 1, f"{clock.id}: {clock.number} is not said"  # once a year, the next working day
        assert ("{n}" in clock.words["en"]) == ("{n}" in clock.words["es"])


def test_hmong_is_shown_where_a_school_published_it_and_nowhere_else(client, riverbend):
    page = page_of(client, "/hmn/rights/")
    assert '<html lang="en">' in page  # most of it is English, and says so
    assert "Most of this page is in English" in page
    for right in BOOK.rights:
        part = part_of(page, right)
        assert right.summary["en"] in part
        if title := HMONG_TITLES.get(right.id):
            assert f' lang="hmn">{title[0].upper()}{title[1:]}<' in f"{part}"
            assert right.title["en"] in part
        else:
            assert "No Hmong wording yet" in part
            assert 'lang="hmn"' not in part
    assert page.count('<dd lang="hmn">') == len(BOOK.terms) == 16


def test_a_page_without_hmong_words_says_so(client, riverbend):
    for path in ("/hmn/", "/hmn/limits/", "/hmn/accounts/login/"):
        assert "Not in Hmong yet" in page_of(client, path), path
    for path in ("/", "/es/limits/", "/hmn/rights/", "/hmn/rights/print/"):
        assert "Not in Hmong yet" not in page_of(client, path), path


def test_nobody_filled_in_hmong():
    for right in BOOK.rights:
        assert right.title["hmn"] == HMONG_TITLES.get(right.id)
        assert right.summary["hmn"] is right.how["hmn"] is right.exceptions["hmn"] is None
        assert all(clock.words["hmn"] is None for clock in right.clocks)


def test_the_table_of_contents_leads_to_every_right(client, riverbend):
    for path in ("/rights/", "/es/rights/", "/hmn/rights/"):
        page = page_of(client, path)
        wanted = re.findall(r'href="#([\w-]+)"', page)
        found = set(re.findall(r' id="([\w-]+)"', page))
        assert set(wanted) <= found
        assert {f"right-{right.id}" for right in BOOK.rights} <= set(wanted)


def test_it_is_small_and_needs_no_script(client, riverbend):
    for path in ("/rights/", "/es/rights/", "/hmn/rights/", "/rights/print/"):
        response = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert response["Content-Encoding"] == "gzip"
        assert len(response.content) < 15_000
        page = page_of(client, path)
        assert "<script" not in page
        assert " style=" not in page
        assert " onclick" not in page


def test_every_link_within_the_site_leads_somewhere(client, riverbend):
    for path in ("/", "/rights/", "/rights/print/", "/limits/", "/es/", "/es/rights/", "/es/limits/", "/hmn/rights/", "/hmn/limits/"):
        for link in set(re.findall(r'href="(/[^"]*)"', page_of(client, path))):
            if not link.startswith("/static/"):
                assert client.get(link).status_code in (200, 302), f"{path} links to {link}"


SYLLABLES = re.compile(r"[aeiouy]+")


def grade(text):
    """Flesch-Kincaid grade level; syllables counted by their vowels."""
    words = re.findall(r"[A-Za-z']+", text.replace("’", "'"))
    sentences = len(re.findall(r"[.!?:](?:\s|$)", text)) or 1
    syllables = sum(max(1, len(SYLLABLES.findall(re.sub(r"(?<=[^l])e$", "", word.lower())))) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def english(right):
    said = [right.summary["en"], right.how["en"], right.if_nothing["en"] if right.if_nothing else ""]
    return " ".join([*said, *(clock.words["en"].format(n=clock.number) for clock in right.clocks)])


def test_the_whole_page_reads_like_grade_eight():
    assert grade(" ".join(english(right) for right in BOOK.rights)) <= 8


@pytest.mark.parametrize("right", BOOK.rights, ids=lambda right: right.id)
def test_no_right_is_much_harder_than_that(right):
    assert grade(english(right)) <= 9.5


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_it_is_accessible_and_fits(riverbend, browser_page, size):
    for dark in (False, True):
        page = browser_page(size, dark=dark, javascript=True)
        for path in ("/", "/rights/", "/es/rights/", "/hmn/rights/", "/rights/print/", "/limits/"):
            page.goto(path)
            assert_accessible(page)
            assert_fits(page)


def test_a_visitor_without_javascript_goes_from_the_contents_to_a_right_and_to_spanish(riverbend, browser_page):
    page = browser_page("phone", javascript=False, language="es-MX")
    page.goto("/rights/")
    page.get_by_role("link", name="Lea esta página en español").click()
    assert page.url.endswith("/es/rights/")
    page.get_by_role("link", name="Pedir que se corrija un registro").click()
    assert page.url.endswith("#right-amend")
    expect(page.locator("#right-amend")).to_be_in_viewport()


def test_on_paper_everything_is_there_and_nothing_of_the_screen(riverbend, browser_page):
    page = browser_page("desk")
    for path in ("/rights/", "/rights/print/"):
        page.goto(path)
        page.emulate_media(media="print")
        assert page.get_by_role("heading", name="Ask to correct a record").is_visible()
        assert page.get_by_text("Pa Nhia Vang").first.is_visible()
        assert not page.get_by_role("link", name="Español").is_visible()
        assert not page.get_by_role("link", name="Sign in").is_visible()
