"""Reference pages say what the code says."""

import pytest
from django.conf import settings
from django.utils import translation

from portal.pages import documents


@pytest.mark.parametrize("name", documents.PAGES)
def test_it_matches_the_code(name: str) -> None:
    with translation.override("en"):
        assert (settings.BASE_DIR / "docs" / "reference" / name).read_text(encoding="utf-8") == documents.PAGES[name](), "run: make docs"
