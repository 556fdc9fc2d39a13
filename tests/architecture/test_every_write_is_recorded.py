"""Nothing changes without an entry: every model is watched or named with the reason, and every function that writes leads to an entry.

The second part reads the code. A function that writes to the database, in whichever way (WAYS), must reach a call that writes an entry, or be
called only by functions that do; what neither django-auditlog nor an action's entry tells stands in EXEMPT with the reason. The third part
asks PostgreSQL: which of the database's own functions write, and what the application's login may write around all of them.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from auditlog.registry import auditlog
from django.apps import apps

from governance.people.models import School
from governance.trail import registry
from tests.governance.situations import trail
from tests.harness.databases import Clone
from tests.harness.services import ADDRESSES

TOP = Path(__file__).resolve().parents[2]
PACKAGES = ("governance", "vendors", "breaches", "portal/pages")
SHARED = ("portal/base/kept.py",)  # furniture that writes the rows of rooms
WRITES = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete", "create_user"}
# Statements that write, and calls that send what COPY reads.
SQL_WRITES = re.compile(
    r"\b(INSERT\s+INTO|UPDATE\s+[\w.\"{}]+\s+(?:AS\s+)?\w*\s*SET|DELETE\s+FROM|TRUNCATE|MERGE\s+INTO|COPY\s+[^()]+(?:\([^)]*\))?\s+FROM)\b",
    re.I,
)
SQL_CALLS = {"execute", "executemany", "copy_expert", "mogrify", "execute_values", "execute_batch", "raw"}
COPY_CALLS = {"copy_from"}
ENTRIES = {"governance.trail.entries.append", "governance.trail.entries.append_ahead", "governance.trail.entries.refuse"}

_RUN = "django-auditlog watches import runs; what an import changes has entries of its own"
# Rooms whose tables say nothing about a person or a child, and why.
EXEMPT_ROOMS = {
    "governance.trail.seals": "hashes, counts and notes over entries; a key, a restore and a witness are declared with entries of their own",
}
# Function: why its write needs no entry of its own.
EXEMPT = {
    "governance.alerts.runner.tell": "a mark that the notices of an alert, which has its entry, are in the outbox",
    "governance.records.intake.copy_columns": "the rows of an upload go into staging tables, which nobody reads; applying them has entries of its own",
    "governance.people.accounts.set_language": "the person's own choice of words; nothing about anybody else",
    "governance.people.models.UserManager.create_user": "django-auditlog watches accounts",
    "vendors.consents.notices.send_waiting": "a mark that a mail of a campaign has gone; the campaign and each reminder have their entries",
    "governance.people.notices.send_invitation": "a fresh link for an invitation that has its entry",
    "governance.people.sessions.SessionStore.load": "that a session goes on; signing in and out has events of its own",
    "governance.records.queue.drop": _RUN,
    "governance.records.queue.give_back": _RUN,
    "governance.records.roster.runs.receive": _RUN,
    "governance.records.values.runs.map_columns": _RUN,
    "governance.records.values.runs.receive": _RUN,
    "governance.requests.actions.drafts.save_draft": "a draft that only its writer sees; sending it leaves an entry",
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
    for package in (*PACKAGES, *SHARED):
        for path in sorted((TOP / package).rglob("*.py")) or [TOP / package]:
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


def constants_of(tree: ast.Module) -> dict[str, str]:
    """The texts that a module gives names to, for statements that stand apart from their call."""
    return {
        target.id: ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def is_write(call: ast.Call, constants: dict[str, str] | None = None) -> bool:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if called in COPY_CALLS:
        return True
    if called in SQL_CALLS and any(SQL_WRITES.search(text.replace("\\n", " ")) for text in _texts(call, constants or {})):
        return True
    if not isinstance(call.func, ast.Attribute):
        return False
    receiver = ast.unparse(call.func.value)
    if call.func.attr == "update":
        return ".objects" in receiver or ".filter(" in receiver
    if call.func.attr in {"save", "delete"}:
        return receiver not in {"super()", "catalog"}
    return call.func.attr in WRITES and (".objects" in receiver or receiver.endswith(("manager", ".using(using)", "User.objects")))


def _texts(call: ast.Call, constants: dict[str, str]) -> Iterator[str]:
    """What a call may send as a statement: its first two arguments, and the constants that they name."""
    for argument in call.args[:2]:
        yield ast.unparse(argument)
        yield from (constants[name.id] for name in ast.walk(argument) if isinstance(name, ast.Name) and name.id in constants)


def functions(code: Iterable[tuple[str, ast.Module]] | None = None) -> dict[str, Function]:
    found: dict[str, Function] = {}
    passed_on: dict[str, str] = {}  # a room's `actions` may be a package that names what its modules make
    for module, tree in modules() if code is None else code:
        names, constants = imported(tree), constants_of(tree)
        passed_on |= {f"{module}.{name}": full for name, full in names.items()}
        for node, qualified in named(tree, module):
            function = found[qualified] = Function(qualified)
            for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
                function.writes |= is_write(call, constants)
                target = ast.unparse(call.func)
                head, _, rest = target.partition(".")
                if head in names:
                    function.calls.add(names[head] + (f".{rest}" if rest else ""))
                elif head in {"self", "cls"} and rest:
                    function.calls.add(f"{qualified.rsplit('.', 1)[0]}.{rest}")
                elif not rest:
                    function.calls.add(f"{module}.{head}")
    for function in found.values():
        function.calls = {passed_on.get(called, called) for called in function.calls}
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


def unrecorded(code: Iterable[tuple[str, ast.Module]] | None = None) -> set[str]:
    """Functions that write and neither reach an entry nor are called only by functions that do."""
    found = functions(code)
    good = recorded(found)
    callers: dict[str, set[str]] = {}
    for name, function in found.items():
        for target in function.calls:
            callers.setdefault(target, set()).add(name)

    def is_told(name: str, seen: frozenset[str] = frozenset()) -> bool:
        if name in good or name in EXEMPT or name.startswith(tuple(f"{room}." for room in EXEMPT_ROOMS)):
            return True
        above = callers.get(name, set()) - seen
        return bool(above) and all(is_told(caller, seen | {name}) for caller in above)

    return {name for name, function in found.items() if function.writes and not is_told(name)}


def test_every_function_that_writes_leads_to_an_entry() -> None:
    assert unrecorded() == set(), "write an entry in the same transaction, or say in EXEMPT why none is needed"


def test_the_exemptions_are_still_needed() -> None:
    found = functions()
    assert {name for name in EXEMPT if name not in found or not found[name].writes} == set()


# Every way in which Django, the driver or a library writes a row.
WAYS = {
    "save": "thing.save()",
    "save of some fields": "thing.save(update_fields=['a'])",
    "create": "Thing.objects.create(a=1)",
    "bulk_create": "Thing.objects.bulk_create([Thing()])",
    "bulk_create through the keeper": "Thing.objects.using(using).bulk_create([Thing()])",
    "bulk_update": "Thing.objects.bulk_update(things, ['a'])",
    "update": "Thing.objects.update(a=1)",
    "update of some": "Thing.objects.filter(a=2).update(a=1)",
    "get_or_create": "Thing.objects.get_or_create(a=1)",
    "update_or_create": "Thing.objects.update_or_create(a=1, defaults={})",
    "delete of one": "thing.delete()",
    "delete of some": "Thing.objects.filter(a=1).delete()",
    "INSERT": "cursor.execute('INSERT INTO governance_thing(a) VALUES (%s)', [1])",
    "UPDATE": "cursor.execute(f'UPDATE {table} SET a = 1')",
    "UPDATE with a name": "cursor.execute('UPDATE governance_thing AS t SET a = 1')",
    "DELETE": "cursor.execute('DELETE FROM governance_thing')",
    "TRUNCATE": "cursor.execute('TRUNCATE governance_thing')",
    "MERGE": "cursor.execute('MERGE INTO governance_thing USING x ON true WHEN MATCHED THEN DELETE')",
    "a statement by its name": "cursor.execute(STATEMENT, [1])",
    "executemany": "cursor.executemany('INSERT INTO governance_thing(a) VALUES (%s)', rows)",
    "execute_values": "execute_values(cursor, 'INSERT INTO governance_thing(a) VALUES %s', rows)",
    "COPY": "cursor.copy_expert('COPY governance_thing (a, b) FROM STDIN', file)",
    "copy_from": "cursor.copy_from(file, 'governance_thing')",
}
_MODULE = """
from governance.trail import entries
STATEMENT = "UPDATE governance_thing SET a = %s"

def change():
    {way}
    {entry}
"""


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_write_is_found_where_it_has_no_entry(way: str) -> None:
    def module(entry: str) -> list[tuple[str, ast.Module]]:
        return [("governance.things.actions", ast.parse(_MODULE.format(way=WAYS[way], entry=entry)))]

    assert unrecorded(module("")) == {"governance.things.actions.change"}
    assert unrecorded(module("entries.append(event, action=action, by=by)")) == set()


@pytest.mark.parametrize(
    "reading",
    ["Thing.objects.filter(a=1)", "cursor.execute('SELECT update FROM governance_thing')", "cursor.copy_expert('COPY (SELECT 1) TO STDOUT', file)", "found.update(a=1)"],
)  # fmt: skip
def test_reading_is_not_taken_for_writing(reading: str) -> None:
    assert unrecorded([("governance.things.queries", ast.parse(_MODULE.format(way=reading, entry="")))]) == set()


def test_django_s_admin_is_no_way_in() -> None:
    assert not apps.is_installed("django.contrib.admin")
    for package in PACKAGES:
        assert not list((TOP / package).rglob("admin.py"))


def test_the_reader_of_the_code_finds_what_it_should() -> None:
    found = functions()
    assert len(found) > 300
    assert sum(function.writes for function in found.values()) > 25
    assert {
        "governance.people.roles.give",
        "governance.requests.actions.decisions.decide",
        "governance.authority.actions.approve_version",
    } <= recorded(found)


# -- What django-auditlog writes by itself -------------------------------------------------------------------------------------------------------------------


def test_a_watched_model_s_save_and_delete_of_one_leave_their_entries(database: Clone) -> None:
    """Field by field, with the login that made the change."""
    school = School(sourced_id="new", name="New School", identifier="", kind="school")
    school.save()
    school.name = "Newer School"
    school.save()
    told = str(school.public_id)
    school.delete()
    found = trail("model.changed", about=told)
    assert len(found) == 3
    assert sorted(json.loads(found[1]["changes"])) == ["name"]


# -- The database's own functions ----------------------------------------------------------------------------------------------------------------------------

OF_OURS = ("door", "records", "trail", "seal")
_WRITES_ROWS = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?(?!SET\b|OF\b)([a-z_]+\.[a-z_0-9]+)", re.I
)
# Tables whose rows say nothing about a person that an entry would have to tell.
OF_NO_CONCERN = re.compile(r"^(trail\.entry|seal\.|door\.(wish|ceiling|meter)|records\.(stage|delta|import|intake|touched|fault))")
_TELLS = re.compile(r"trail\.entry|door\.enter\b|door\.key\(|_entries?\(")
# Function of the database: why what it writes needs no entry of its own.
_PLAN = "part of a plan, whose transaction ends with door.roster_apply and its entries, or is rolled back (governance/records/roster/actions.py)"
EXEMPT_IN_THE_DATABASE: dict[str, str] = {
    "door.reporter_put": "who reported stands behind the door; the report itself has its entry, in the same transaction, which names nobody",
    "door.roster_places": _PLAN,
    "door.roster_people": _PLAN,
    "door.roster_enrollments": _PLAN,
    "door.import_done": "a run is marked as applied in the transaction of the import, whose entries are written by then",
    "door.plant": "the action that plants a record leaves the entry, in the same transaction",
    "door.plant_wish": "what a planted record shall be called; planting leaves the entry",
    "door.watch_homes": "keyed hashes by which addresses are compared, worked out anew from values that have their entries",
}
_DEFINITIONS = """SELECT n.nspname || '.' || p.proname, pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = ANY (%s) AND p.prokind IN ('f', 'p')"""


def definitions(database: Clone) -> dict[str, str]:
    owner = database.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute(_DEFINITIONS, [list(OF_OURS)])
        found = dict(cursor.fetchall())
    owner.close()
    return found


def silent(found: dict[str, str]) -> set[str]:
    """Functions that change rows of concern and neither write an entry, nor need the key of a committed one, nor call or are called by one that does."""
    telling = {name for name, text in found.items() if _TELLS.search(text)}
    while more := {name for name, text in found.items() if name not in telling and any(f"{other}(" in text for other in telling)}:
        telling |= more
    steps: set[str] = set()
    while more := {name for name in found if name not in telling | steps and any(f"{name}(" in found[other] for other in telling | steps)}:
        steps |= more
    return {
        name
        for name, text in found.items()
        if any(not OF_NO_CONCERN.match(table.lower()) for table in _WRITES_ROWS.findall(text)) and name not in telling | steps
    }


def test_a_function_of_the_database_that_writes_has_its_entry_too(database_module: Clone) -> None:
    found = definitions(database_module)
    assert silent(found) - EXEMPT_IN_THE_DATABASE.keys() == set(), (
        "write an entry in it, or say in EXEMPT_IN_THE_DATABASE why none is needed"
    )
    assert EXEMPT_IN_THE_DATABASE.keys() - found.keys() == set()


def test_a_silent_one_would_be_found(database_module: Clone) -> None:
    text = "CREATE FUNCTION door.sly() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM records.value v WHERE true; END"
    assert silent(definitions(database_module) | {"door.sly": text}) >= {"door.sly"}


NOT_OF_A_MODEL = {
    # What the sealer is told to do, each with an entry of the same transaction; django-auditlog's own table stays empty (docs/adr/0003).
    "portal_app": {"seal.declaration", "seal.verify_request", "public.auditlog_logentry"},
    # What an upload holds until it is applied.
    "portal_keeper": {
        f"records.stage_{kind}" for kind in ("org", "term", "class", "user", "role", "enrollment", "demographic", "value", "limit")
    },
}


@pytest.mark.parametrize("alias", ["default", "keeper"])
def test_a_login_writes_tables_of_models_alone(alias: str, database_module: Clone) -> None:
    """Whatever is not a model is written by functions alone, which are read above."""
    login = {"default": "portal_app", "keeper": "portal_keeper"}[alias]
    assert alias in ADDRESSES
    models = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} | {"django_migrations"}
    owner = database_module.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v')"
            " AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND has_table_privilege(%s, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')",
            [login],
        )
        may = cursor.fetchall()
    owner.close()
    assert {f"{schema}.{table}" for schema, table in may if schema != "public" or table not in models} == NOT_OF_A_MODEL[login]
