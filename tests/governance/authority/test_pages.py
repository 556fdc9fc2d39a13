"""The pages of rules, stewards and the catalogue."""

import datetime as dt
import json
import re

import pytest
from django.test import Client

from governance.authority import stewards
from governance.authority.models import Basis, Clock, Law, RuleVersion, Stewardship
from governance.people.models import School
from governance.requests.simulation import simulate
from governance.vocabulary import Outcome
from portal.base import clock
from tests.governance.situations import decided, person, sent, trail

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def demo(settings) -> None:
    """The demo asks for no second factor."""
    settings.DEMO = True


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(person(name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def form(**more) -> dict:
    when = {"all": [{"eq": ["$asker.role", "teacher"]}, {"eq": ["$asker.relation", "own_section"]}]}
    return {
        "key": "no-el-status",
        "kind": "access",
        "title": "No English learner status",
        "words": "Not for teachers.",
        "outcome": "refuse",
        "when": json.dumps(when),
        "elements": ["el-status"],
        "max_days": "",
        "citation": "Board policy 347",
        "basis": "",
    } | more


def test_a_rule_is_ended_by_two_people_on_its_page() -> None:
    held = RuleVersion.objects.get(rule="purpose-cap", in_force_until=None)
    steward, admin = client_of("steward"), client_of("admin")
    page = f"/authority/rules/purpose-cap/versions/{held.public_id}/"
    assert steward.post(f"{page}end/", {"reason": ""}).status_code == 422
    steward.post(f"{page}end/", {"reason": "The board took it back."})
    shown = text_of(steward.get(page))
    assert "The board took it back." in shown and "Agree: end the rule now" not in shown
    steward.post(f"{page}end/", {"answer": "agree"})
    held.refresh_from_db()
    assert held.in_force_until is None
    assert "Agree: end the rule now" in text_of(admin.get(page))
    admin.post(f"{page}end/", {"answer": "agree"})
    held.refresh_from_db()
    assert held.in_force_until is not None and held.ended_by == person("admin")
    assert "Ended" in text_of(admin.get("/authority/rules/purpose-cap/"))


def test_a_rule_is_drafted_tried_approved_by_another_and_takes_effect() -> None:
    request = sent()
    decided(request)
    steward, admin = client_of("steward"), client_of("admin")
    steward.post("/authority/rules/new/", form())
    draft = RuleVersion.objects.get(rule="no-el-status")
    version = f"/authority/rules/no-el-status/versions/{draft.public_id}/"
    assert "somebody else must approve it" in text_of(steward.get(version))
    asked = "role=teacher&relation=own_section&purpose=intervention-support&elements=el-status&days=30"
    case = f"/authority/rules/try/?draft={draft.public_id}&{asked}"
    assert "No English learner status" in text_of(steward.get(case))
    assert "No English learner status" not in text_of(steward.get(case.replace(f"draft={draft.public_id}&", "")))
    simulation = text_of(steward.get(f"{version}simulation/"))
    assert f"R-{request.number}" in simulation and "would now be refused" in simulation
    steward.post(f"{version}approve/", {"in_force_from": ""})
    assert RuleVersion.objects.get(pk=draft.pk).approved_at is None
    assert "What the rules say" in text_of(admin.get(case))
    admin.post(f"{version}approve/", {"in_force_from": ""})
    assert RuleVersion.objects.get(pk=draft.pk).approved_by == person("admin")
    assert "No English learner status" in text_of(steward.get(case.replace(f"draft={draft.public_id}&", "")))
    assert [entry["actor_id"] for kind in ("drafted", "approved") for entry in trail(f"governance.rule.{kind}")] == [
        person("steward").pk,
        person("admin").pk,
    ]


WRONG = [
    ({"when": "{"}, "This is not JSON: line 1, column"),
    ({"when": '{"eq": ["$asker.rol", "teacher"]}'}, "when.eq[0]: There is no fact “asker.rol”. Did you mean “asker.role”?"),
    ({"when": '{"eq": ["$asker.role", "techer"]}'}, "Did you mean “teacher”?"),
    ({"when": "[" * 5_000}, "The condition is too large or too deep."),
    ({"key": "try"}, "Choose another short name."),
    ({"outcome": "maybe"}, "not one of the available choices"),
    ({"elements": ["no-such"]}, "not one of the available choices"),
    ({"max_days": "0"}, "greater than or equal to 1"),
]


def test_a_faulty_draft_is_told_where_and_nothing_is_kept() -> None:
    client = client_of("steward")
    for wrong, words in WRONG:
        answer = client.post("/authority/rules/new/", form(**wrong))
        assert answer.status_code == 200
        assert words in text_of(answer).replace("&quot;", '"'), words
    assert not RuleVersion.objects.filter(rule="no-el-status").exists()


def test_the_draft_of_a_rule_starts_from_what_it_says_and_shows_what_changes() -> None:
    client = client_of("steward")
    start = client.get("/authority/rules/purpose-cap/draft/").content.decode()
    assert "Beyond what the purpose needs" in start and "$purpose.cap" in start
    said = RuleVersion.objects.get(rule="purpose-cap")
    client.post(
        "/authority/rules/purpose-cap/draft/",
        form(title="Beyond the list", words=said.words, when=json.dumps(said.when), elements=[], citation=said.citation),
    )
    draft = RuleVersion.objects.get(rule="purpose-cap", number=2)
    shown = text_of(client.get(f"/authority/rules/purpose-cap/versions/{draft.public_id}/"))
    assert "What is different from the version in force" in shown and "Beyond the list" in shown
    assert "A draft waits for approval" in text_of(client.get("/authority/rules/"))
    client.post(f"/authority/rules/purpose-cap/versions/{draft.public_id}/drop/")
    assert not RuleVersion.objects.filter(pk=draft.pk).exists()


def test_a_simulation_of_the_rule_itself_changes_nothing() -> None:
    decided(sent())
    same = RuleVersion.objects.get(rule="teacher-beyond-classroom")
    found = simulate(same, since=clock.today() - dt.timedelta(days=365))
    assert found.tried and not found.changed and found.requests_that_become(Outcome.REFUSE) == 0


def test_who_may_open_what() -> None:
    for address in ("/authority/rules/", "/authority/stewards/"):
        statuses = {
            name: client_of(name).get(address).status_code for name in ("steward", "compliance", "leader", "admin", "teacher", "parent")
        }
        assert statuses == {"steward": 200, "compliance": 200, "leader": 200, "admin": 200, "teacher": 403, "parent": 403}
    assert client_of("compliance").get("/authority/rules/new/").status_code == 403
    assert client_of("compliance").get("/authority/rules/purpose-cap/draft/").status_code == 404
    assert client_of("steward").get("/authority/stewards/designate/").status_code == 403
    for address in (
        "/authority/purposes/",
        "/authority/purposes/classroom-instruction/",
        "/authority/elements/",
        "/authority/laws/",
        "/authority/elements/el-status/",
    ):
        assert client_of("parent").get(address).status_code == 200
        assert Client().get(address).status_code == 302
    for address in (
        "/authority/rules/no-such/",
        "/authority/purposes/no-such/",
        "/authority/elements/no-such/",
        "/authority/rules/try/?draft=x",
    ):
        assert client_of("admin").get(address).status_code == 404


def test_a_steward_is_designated_goes_away_and_ends() -> None:
    admin, school = client_of("admin"), stewards.schools().first()
    said = {
        "title": "Steward of transportation records",
        "steward": person("deputy").pk,
        "deputy": person("steward").pk,
        "categories": ["Transportation"],
        "schools": [school.pk],
        "order": "Order of the superintendent of November 20, 2026",
        "starts_on": clock.today().isoformat(),
        "ends_on": "",
    }
    assert "not one of the available choices" in text_of(
        admin.post("/authority/stewards/designate/", said | {"steward": person("teacher").pk})
    )
    admin.post("/authority/stewards/designate/", said)
    made = Stewardship.objects.get(title="Steward of transportation records")
    today = stewards.desks(clock.today())
    other = School.objects.exclude(pk=school.pk).filter(active=True, kind="school").first()
    assert today.desk_for("Transportation", [school.pk]).stewardship == made
    assert today.desk_for("Transportation", [other.pk]).stewardship != made
    detail = f"/authority/stewards/{made.public_id}/"
    client_of("deputy").post(detail, {"starts_on": clock.today().isoformat(), "ends_on": clock.today().isoformat()})
    assert stewards.desks(clock.today()).desk_for("Transportation", [school.pk]).decides().name == person("steward").name
    assert "deputy" in text_of(admin.get("/authority/stewards/"))
    admin.post(f"{detail}end/")
    assert stewards.desks(clock.today()).desk_for("Transportation", [school.pk]).stewardship != made
    assert [entry["object_pk"] for entry in trail("governance.steward.ended")] == [str(made.public_id)]


def test_gaps_show_until_somebody_is_designated() -> None:
    admin = client_of("admin")
    assert "No gaps" in text_of(admin.get("/authority/stewards/")) and not stewards.gaps(clock.today())
    Stewardship.objects.filter(steward=person("health.steward")).update(categories=["Conduct"])
    shown = text_of(admin.get("/authority/stewards/"))
    assert "Nobody today" in shown and "the district admins decide" in shown
    assert {gap.category for gap in stewards.gaps(clock.today())} == {"Health"}


def test_the_catalogue_says_what_is_kept_and_for_what() -> None:
    client = client_of("teacher")
    assert "Single students" in text_of(client.get("/authority/purposes/"))
    purpose = text_of(client.get("/authority/purposes/intervention-support/"))
    assert "English learner status" in purpose and "180 days" in purpose
    element = text_of(client.get("/authority/elements/social-security-number/"))
    assert "Not kept here" in element
    found = text_of(client.get("/authority/elements/?q=learner"))
    assert "English learner status" in found and "Date of birth" not in found
    assert "Nothing fits this filter" in text_of(client.get("/authority/elements/?q=zebra"))


def test_the_list_of_laws_says_what_to_check_first() -> None:
    client = client_of("teacher")
    page = text_of(client.get("/authority/laws/"))
    assert "20 U.S.C. 1232g" in page and "105 ILCS 10" not in page
    assert "105 ILCS 10" in text_of(client.get("/authority/laws/?place=others"))
    Law.objects.update(verified=True)
    Clock.objects.update(verified=True)
    Basis.objects.update(verified=True)
    assert "Check before relying on it" not in text_of(client.get("/authority/laws/"))
    assert "Nothing fits this filter" in text_of(client.get("/authority/laws/?state=unchecked"))
    Clock.objects.filter(pk="ferpa-inspect").update(verified=False)
    shown = text_of(client.get("/authority/laws/?state=unchecked"))
    assert "34 CFR 99.10" in shown and "1 part to check" in shown and "20 U.S.C. 1232g" not in shown
