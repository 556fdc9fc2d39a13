"""Reference pages say what the code says, and links between documents lead somewhere."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from portal.pages import documents

TOP = Path(__file__).resolve().parents[2]
WRITTEN = sorted(
    path.relative_to(TOP).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "governance/**/*.md", "vendors/**/*.md", "breaches/**/*.md")
    for path in TOP.glob(pattern)
)


@pytest.mark.parametrize("name", documents.PAGES)
def test_it_matches_the_code(name: str) -> None:
    with translation.override("en"):
        assert (settings.BASE_DIR / "docs" / "reference" / name).read_text(encoding="utf-8") == documents.PAGES[name](), "run: make docs"


def links_of(name: str) -> set[Path]:
    """Where a document's links to files of the repository lead."""
    page = TOP / name
    found = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    return {(page.parent / link).resolve() for link in found if "://" not in link}


@pytest.mark.parametrize("name", WRITTEN)
def test_its_links_lead_somewhere(name: str) -> None:
    assert [link for link in sorted(links_of(name)) if not link.exists()] == []


@pytest.mark.parametrize(("index", "pages"), [("docs/README.md", "docs/how-to/*.md"), ("docs/adr/README.md", "docs/adr/0*.md")])
def test_an_index_leaves_no_page_out(index: str, pages: str) -> None:
    assert set(TOP.glob(pages)) - links_of(index) == set()
