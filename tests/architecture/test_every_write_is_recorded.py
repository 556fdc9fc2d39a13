"""Nothing changes without an entry: every model is watched or named with the reason, and every function that writes leads to an entry.

The second half reads the code. A function that writes to the database must reach a call that writes an entry, or be called only by functions
that do; what neither django-auditlog nor an action's entry tells stands in EXEMPT with the reason.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from auditlog.registry import auditlog
from django.apps import apps

from governance.trail import registry

TOP = Path(__file__).resolve().parents[2]
PACKAGES = ("governance", "vendors", "breaches", "portal/pages")
WRITES = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete", "create_user"}
ENTRIES = {"governance.trail.entries.append", "governance.trail.entries.append_ahead", "governance.trail.entries.refuse"}

_RUN = "django-auditlog watches import runs; what an import changes has entries of its own"
# Function: why its write needs no entry of its own.
EXEMPT = {
    "governance.alerts.runner.tell": "a mark that the notices of an alert, which has its entry, are in the outbox",
    "governance.people.accounts.set_language": "the person's own choice of words; nothing about anybody else",
    "governance.people.models.UserManager.create_user": "django-auditlog watches accounts",
    "governance.people.notices.send_invitation": "a fresh link for an invitation that has its entry",
    "governance.records.queue._move_on": _RUN,
    "governance.records.queue.give_back": _RUN,
    "governance.records.queue.settle": _RUN,
    "governance.records.roster.runs.import_path": _RUN,
    "governance.records.roster.runs.receive": _RUN,
    "governance.records.values.runs.import_file": _RUN,
    "governance.records.values.runs.map_columns": _RUN,
    "governance.records.values.runs.receive": _RUN,
    "governance.requests.actions.save_draft": "a draft that only its writer sees; sending it leaves an entry",
    "governance.trail.models.EntryManager._insert_one": "it is the entry",
}


# -- Models --------------------------------------------------------------------------------------------------------------------------------------------------


def labels() -> set[str]:
    return {model._meta.label for model in apps.get_models(include_auto_created=True)}


def test_every_model_is_watched_or_named_with_the_reason() -> None:
    named = registry.WATCHED.keys() | registry.NOT_WATCHED.keys()
    assert labels() - named == set(), "add it to governance/trail/registry.py: watched, or not and why"
    assert named - labels() == set(), "there is no such model any more"
    assert registry.WATCHED.keys() & registry.NOT_WATCHED.keys() == set()


def test_the_library_watches_exactly_those() -> None:
    assert {model._meta.label for model in auditlog.get_models()} == registry.WATCHED.keys()


@pytest.mark.parametrize("label", sorted(registry.WATCHED))
def test_only_named_fields_are_watched(label: str) -> None:
    model, watched = apps.get_model(label), registry.WATCHED[label]
    names = {found.name for found in model._meta.get_fields()}
    assert {*watched.fields, *watched.masked, *watched.lists} <= names
    fields = auditlog.get_model_fields(model)
    assert set(fields["include_fields"]) == {*watched.fields, *watched.masked}  # an empty list would mean all of them
    assert set(fields["mask_fields"]) == set(watched.masked)


@pytest.mark.parametrize("label", sorted(registry.WATCHED))
def test_no_secret_and_no_guarded_value_is_told(label: str) -> None:
    secret = {"password", "token", "token_hash", "code_hash", "secret", "key", "data", "settings", "extra_data"}
    about_people = (
        {"email", "name", "staff_number", "uid"}
        if label in {"people.User", "account.EmailAddress", "socialaccount.SocialAccount"}
        else set()
    )
    assert not (secret | about_people) & set(registry.WATCHED[label].fields)


def test_nothing_about_a_child_is_watched() -> None:
    points_at_a_student = {
        model._meta.label
        for model in apps.get_models()
        if any(
            getattr(found, "related_model", None) and found.concrete and found.related_model._meta.label == "records.Student"
            for found in model._meta.get_fields()
        )
    }
    assert points_at_a_student & registry.WATCHED.keys() == set()


# -- Functions -----------------------------------------------------------------------------------------------------------------------------------------------


@dataclass
class Function:
    """One function or method: whether it writes, and which functions it calls."""

    name: str
    writes: bool = False
    calls: set[str] = field(default_factory=set)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((TOP / package).rglob("*.py")):
            parts = path.relative_to(TOP).with_suffix("").parts
            if not {"migrations", "demo", "tests"} & set(parts):
                yield ".".join(part for part in parts if part != "__init__"), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> dict[str, str]:
    """What the names of a module mean: full names of modules and functions."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.asname or alias.name: alias.name for alias in node.names}
    return found


def is_write(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    receiver = ast.unparse(call.func.value)
    if call.func.attr == "update":
        return ".objects" in receiver or ".filter(" in receiver
    if call.func.attr in {"save", "delete"}:
        return receiver not in {"super()", "catalog"}
    return call.func.attr in WRITES and (".objects" in receiver or receiver.endswith(("manager", ".using(using)", "User.objects")))


def functions() -> dict[str, Function]:
    found: dict[str, Function] = {}
    for module, tree in modules():
        names = imported(tree)
        for node, qualified in named(tree, module):
            function = found[qualified] = Function(qualified)
            for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
                function.writes |= is_write(call)
                target = ast.unparse(call.func)
                head, _, rest = target.partition(".")
                if head in names:
                    function.calls.add(names[head] + (f".{rest}" if rest else ""))
                elif head in {"self", "cls"} and rest:
                    function.calls.add(f"{qualified.rsplit('.', 1)[0]}.{rest}")
                elif not rest:
                    function.calls.add(f"{module}.{head}")
    return found


def named(tree: ast.Module, module: str) -> Iterator[tuple[ast.FunctionDef, str]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node, f"{module}.{node.name}"
        elif isinstance(node, ast.ClassDef):
            yield from ((inner, f"{module}.{node.name}.{inner.name}") for inner in node.body if isinstance(inner, ast.FunctionDef))


def recorded(found: dict[str, Function]) -> set[str]:
    """Functions that reach a call that writes an entry."""
    reached: set[str] = set()
    while True:
        more = {name for name, function in found.items() if name not in reached and function.calls & (ENTRIES | reached)}
        if not more:
            return reached
        reached |= more


def unrecorded() -> set[str]:
    """Functions that write and neither reach an entry nor are called only by functions that do."""
    found = functions()
    good = recorded(found)
    callers: dict[str, set[str]] = {}
    for name, function in found.items():
        for target in function.calls:
            callers.setdefault(target, set()).add(name)

    def is_told(name: str, seen: frozenset[str] = frozenset()) -> bool:
        if name in good or name in EXEMPT:
            return True
        above = callers.get(name, set()) - seen
        return bool(above) and all(is_told(caller, seen | {name}) for caller in above)

    return {name for name, function in found.items() if function.writes and not is_told(name)}


def test_every_function_that_writes_leads_to_an_entry() -> None:
    assert unrecorded() == set(), "write an entry in the same transaction, or say in EXEMPT why none is needed"


def test_the_exemptions_are_still_needed() -> None:
    found = functions()
    assert {name for name in EXEMPT if name not in found or not found[name].writes} == set()


def test_the_reader_of_the_code_finds_what_it_should() -> None:
    found = functions()
    assert len(found) > 300
    assert sum(function.writes for function in found.values()) > 25
    assert {"governance.people.roles.give", "governance.requests.actions.decide", "governance.authority.actions.approve_rule"} & recorded(
        found
    )
