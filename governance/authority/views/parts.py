"""What several of these pages show."""

from django.urls import reverse
from django.utils.translation import gettext as _

from governance.authority import present, queries
from governance.authority.models import Purpose


def known_names() -> present.Names:
    """The words for elements and purposes, in the reader's language."""
    return present.Names(
        {key: _(title) for key, title in queries.element_titles().items()},
        {key: _(title) for key, title in Purpose.objects.values_list("pk", "title")},
    )


def crumbs(key: str = "") -> list[dict[str, str]]:
    """The way to the rules, or to one of them."""
    found = [{"label": _("Rules"), "href": reverse("authority:rules")}]
    return [*found, {"label": key, "href": reverse("authority:rule", args=[key])}] if key else found
