"""Reference pages that are made from the code, so that nobody can forget to change them (`make docs`)."""

from collections.abc import Callable, Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from governance.people import policies
from governance.people.permissions import HOLDERS, SECOND_FACTOR_ROLES
from governance.records.door import IDENTITY_COLUMNS
from governance.vocabulary import Event, Kind, Outcome, Permission, Principle, Relation, Role

HEAD = "<!-- Made by `make docs`. Change the code instead. -->\n"


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, Callable]]:
    """Every (address, view function) of the portal, English addresses alone."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, address)
        elif isinstance(pattern, URLPattern):
            yield address, pattern.callback


def permission_page() -> str:
    """Which role may do what."""
    lines = [HEAD, "# Permissions\n", "| permission | what | roles |", "|---|---|---|"]
    for permission in Permission:
        holders = ", ".join(f"`{role}`" for role in Role if role in HOLDERS[permission])
        lines.append(f"| `{permission}` | {permission.label} | {holders} |")
    lines += ["", "A second factor is required of: " + ", ".join(f"`{role}`" for role in Role if role in SECOND_FACTOR_ROLES) + "."]
    return "\n".join(lines) + "\n"


def url_page() -> str:
    """Every address and who may open it."""
    lines = [HEAD, "# Addresses\n", "| address | who may open it |", "|---|---|"]
    for address, view in sorted(routes(), key=lambda route: route[0]):
        policy = policies.policy_of(view)
        if policy is None:
            continue
        who = ", ".join(f"`{permission}`" for permission in policy.permissions) or (
            "everyone signed in" if policy.signed_in else f"everyone: {policy.reason}"
        )
        lines.append(f"| `/{address}` | {who} |")
    return "\n".join(lines) + "\n"


def vocabulary_page() -> str:
    """The words of the domain and the names of all events."""
    lines = [HEAD, "# Vocabulary\n"]
    for words in (Role, Relation, Kind, Outcome, Principle):
        lines += [f"## {words.__name__}\n", (words.__doc__ or "").strip() + "\n", "| word | meaning |", "|---|---|"]
        lines += [f"| `{word}` | {word.label} |" for word in words] + [""]
    lines += ["## Events of the trail\n", "Past tense, dotted, stable for ever.\n", "| event | in words |", "|---|---|"]
    lines += [f"| `{event}` | {event.label} |" for event in Event]
    lines += ["", "## Elements that stand in a student's identity row\n", "| element | columns |", "|---|---|"]
    lines += [f"| `{key}` | {', '.join(columns)} |" for key, columns in IDENTITY_COLUMNS.items()]
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "permissions.md": permission_page,
    "addresses.md": url_page,
    "vocabulary.md": vocabulary_page,
}
