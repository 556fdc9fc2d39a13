"""From a pasted link to a tool: what people paste, and what is none."""

import pytest

from tests.vendors.situations import tool
from vendors.providers import links
from vendors.providers.links import Link
from vendors.providers.models import Address, Tool


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://www.reading-journey.example/start?x=1", Link("domain", "reading-journey.example", "/start")),
        ("Reading-Journey.example", Link("domain", "reading-journey.example")),
        ("http://app.reading-journey.example:8443/", Link("domain", "app.reading-journey.example")),
        ("https://lesetöchter.example", Link("domain", "xn--lesetchter-icb.example")),
        ("https://apps.apple.com/us/app/reading-journey/id1234567890?mt=8", Link("apple", "1234567890")),
        ("https://play.google.com/store/apps/details?id=Example.Reading&hl=en", Link("google", "example.reading")),
        ("https://chromewebstore.google.com/detail/x/abcdefghijklmnopabcdefghijklmnop", Link("chrome", "abcdefghijklmnopabcdefghijklmnop")),
        ("https://addons.mozilla.org/en-US/firefox/addon/reader-x/", Link("firefox", "reader-x")),
        ("https://apps.microsoft.com/detail/9NBLGGH4NNS1", Link("microsoft", "9nblggh4nns1")),
    ],
    ids=["full", "bare", "port", "international", "apple", "google", "chrome", "firefox", "microsoft"],
)
def test_a_link_as_people_paste_it(text: str, expected: Link) -> None:
    assert links.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "reading journey", "javascript:alert(1)", "ftp://x.example", "localhost", "10.0.0.1", "http://[::1]/", "http://a..b", "x" * 3000, "http://x.example:99999"],
    ids=["empty", "words", "script", "ftp", "one-label", "number", "six", "dots", "long", "port"],
)  # fmt: skip
def test_what_is_no_link(text: str) -> None:
    assert links.parse(text) is None


def test_the_nearest_domain_and_the_longest_path_win() -> None:
    addresses = [
        Address(pk=1, kind="domain", value="big.example"),
        Address(pk=2, kind="domain", value="docs.big.example"),
        Address(pk=3, kind="domain", value="docs.big.example", path="/forms"),
    ]

    def found(text: str) -> int | None:
        link = links.parse(text)
        address = links.match(link, addresses) if link else None
        return address.pk if address else None

    assert found("https://mail.big.example") == 1
    assert found("https://docs.big.example/sheet") == 2
    assert found("https://docs.big.example/forms/d/1") == 3
    assert found("https://docs.big.example/formsx") == 2
    assert found("https://notbig.example") is None
    assert found("https://example") is None


@pytest.mark.usefixtures("district")
def test_a_log_of_domains_is_matched_in_one_query(django_assert_num_queries: object) -> None:
    made = tool(link="https://lexi.example/start")
    made_too = tool(link="https://other.example")
    assert links.tool_of("https://app.lexi.example/start/now") == made
    assert links.tool_of("https://lexi.example") is None  # narrowed to a path
    with django_assert_num_queries(1):
        found = links.tools_of_domains(["a.other.example", "OTHER.example.", "nobody.example", "nonsense"])
    assert found == {"a.other.example": made_too, "OTHER.example.": made_too}
    assert all(isinstance(each, Tool) for each in found.values())
