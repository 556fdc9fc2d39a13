"""A person at a browser, in the words of the stories."""

import re
import time
from typing import Any

from playwright.sync_api import Error

from tests.harness.browser import assert_accessible, assert_fits

Words = str | re.Pattern[str]

# Whether pressing it leads to another document: not so for a place on this page, and for what a script sends in the background.
LEAVES = """it => {
  const link = it.closest('a[href]');
  if (link) return !link.getAttribute('href').startsWith('#') && !link.hasAttribute('download') && link.target !== '_blank';
  return it.type === 'submit' && !!it.form && !it.closest('[hx-post], [hx-get]') && it.form.target !== '_blank';
}"""
# A file that is downloaded, or a form that the browser holds back, leaves the page as it is: then these seconds are waited in vain.
LONGEST_START = 1.5


class Reader:
    """What somebody does and sees. Everything is found as a person finds it: by role, label and text."""

    def __init__(self, page: Any):
        self.page = page

    def goes_to(self, path: str) -> int:
        """Open an address; answers the status."""
        answer = self.page.goto(path)
        return int(answer.status)

    def goes_home(self) -> None:
        """Open the home page."""
        self.goes_to("/home/")

    def opens_from_menu(self, name: str) -> None:
        """Choose an entry of the main menu; on a phone the menu is opened first, and so is what is folded."""
        if self.page.viewport_size["width"] < 992:
            self.page.locator(".menu-phone > summary").click()
        menu = ".menu-phone" if self.page.viewport_size["width"] < 992 else ".tabs-row"
        link = self.page.locator(menu).locator("a").filter(has_text=re.compile(rf"^\s*{re.escape(name)}\b")).first
        if not link.is_visible():
            link.locator("xpath=ancestor::details[contains(@class, 'menu-fold')]/summary").click()
        self._clicks(link)

    def follows(self, name: Words, *, within: str = "main") -> None:
        """Follow the first link of that name."""
        self._clicks(self.page.locator(within).get_by_role("link", name=name).first)

    def presses(self, name: Words) -> None:
        """Press the first button of that name."""
        self._clicks(self.page.locator("main").get_by_role("button", name=name).first)

    def writes(self, label: Words, text: str) -> None:
        """Fill a field."""
        self.page.get_by_label(label).first.fill(text)

    def ticks(self, name: Words, *, role: str = "checkbox") -> None:
        """Tick a box, or choose with role="radio"."""
        self.page.locator("main").get_by_role(role, name=name).first.check()

    def opens(self, summary: Words) -> None:
        """Open what is folded under these words."""
        self.page.locator("main summary").filter(has_text=summary).first.click()

    def sees(self, *texts: Words) -> None:
        """Each text is to be read on the page as it stands."""
        shown = self.text()
        for text in texts:
            found = text.search(shown) if isinstance(text, re.Pattern) else text in shown
            assert found, f"{text!r} is not on {self.page.url}:\n{shown}"

    def does_not_see(self, *texts: str) -> None:
        """None of the texts is to be read."""
        shown = self.text()
        for text in texts:
            assert text not in shown, f"{text!r} is on {self.page.url}"

    def text(self) -> str:
        """What can be read on the page, blanks made one."""
        return re.sub(r"\s+", " ", self.page.locator("main").inner_text())

    def finds_the_page_in_order(self) -> None:
        """No finding of the accessibility checker, and nothing wider than the window."""
        assert_accessible(self.page)
        assert_fits(self.page)

    def _clicks(self, target: Any) -> None:
        """Click, and wait for the whole of the page that it leads to: a page half read has half its words."""
        leaves = target.evaluate(LEAVES)
        self.page.evaluate("window.readerWasHere = true")
        target.click()
        latest = time.monotonic() + LONGEST_START
        while leaves and self._is_here():
            if time.monotonic() > latest:
                return
            self.page.wait_for_timeout(30)
        self.page.wait_for_load_state()

    def _is_here(self) -> bool:
        """Whether the page is still the one on which was clicked. (Asked anew each time: the policy of the pages keeps waiting functions out.)"""
        try:
            return bool(self.page.evaluate("window.readerWasHere === true"))
        except Error:  # it is being left just now
            return True
