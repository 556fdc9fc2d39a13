"""What the sharing gate is told about what families said, and that nobody changes it while a release is under way."""

import datetime as dt
import threading
import time

import pytest
from django.db import connections, transaction

from governance.records.models import Student
from portal.base import clock
from tests.governance.situations import person
from tests.vendors.consents.situations import PURPOSE, another_guardian, campaign, child_of, form_for, permitted, say
from vendors.consents import actions, queries
from vendors.consents.models import Matter, Standing
from vendors.consents.rules import Facts, Needed, Withheld, needed_under_13, state_of, why_withheld

# -- The rule, as a table ------------------------------------------------------------------------------------------------------

NOTHING = {"state": "", "told": True, "window_over": True, "covered": False, "thirteen": False}


@pytest.mark.parametrize(
    ("needed", "facts", "why"),
    [
        ("inform", {}, None),
        ("inform", {"state": "refused"}, "refused"),
        ("opt_out", {"told": False}, "not_told"),
        ("opt_out", {"window_over": False}, "window_open"),
        ("opt_out", {}, None),
        ("opt_out", {"state": "refused"}, "refused"),
        ("opt_out", {"state": "given", "covered": True, "window_over": False}, None),
        ("opt_in", {}, "no_answer"),
        ("opt_in", {"thirteen": True}, "no_answer"),
        ("opt_in", {"state": "given", "covered": True}, None),
        ("opt_in", {"state": "given"}, "text_covers_less"),
        ("opt_in", {"state": "withdrawn", "covered": True}, "withdrawn"),
        ("opt_in_under_13", {}, "no_answer"),
        ("opt_in_under_13", {"thirteen": True}, None),
        ("opt_in_under_13", {"thirteen": True, "state": "refused"}, "refused"),
        ("opt_in_under_13", {"state": "given", "covered": True}, None),
    ],
)
def test_who_is_left_out_of_a_release(needed: str, facts: dict, why: str | None) -> None:
    assert why_withheld(Needed(needed), Facts(**(NOTHING | facts))) == (Withheld(why) if why else None)


@pytest.mark.parametrize("needed", list(Needed), ids=lambda each: each.value)
@pytest.mark.parametrize("state", ["refused", "withdrawn"])
def test_a_no_wins_whatever_is_asked(needed: Needed, state: str) -> None:
    assert why_withheld(needed, Facts(state=state, told=True, window_over=True, covered=True, thirteen=True)) is Withheld(state)


@pytest.mark.parametrize(
    ("said", "own", "state"),
    [
        ([], None, ""),
        (["given"], None, "given"),
        (["given", "refused"], None, "refused"),
        (["refused", "given"], None, "refused"),
        (["given", "withdrawn"], None, "withdrawn"),
        (["refused", "refused"], "given", "given"),
        (["given"], "refused", "refused"),
    ],
)
def test_where_guardians_disagree_the_no_counts_and_at_18_the_student_alone(said: list[str], own: str | None, state: str) -> None:
    assert state_of(said, own) == state


def test_a_district_that_authorizes_itself_still_lets_families_say_no() -> None:
    assert needed_under_13(school_authorizes=True) is Needed.OPT_OUT
    assert needed_under_13(school_authorizes=False) is Needed.OPT_IN_UNDER_13


# -- On the database -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("district")
def test_an_ok_opens_the_gate_for_one_child_and_taking_it_back_closes_it() -> None:
    form, child = form_for(), child_of()
    others = list(Student.objects.exclude(pk=child.pk)[:3])
    assert permitted(form, child) == {child.pk: "no_answer"}
    say(form, "given")
    assert permitted(form, child, *others) == {other.pk: "no_answer" for other in others}
    say(form, "withdrawn")
    assert permitted(form, child) == {child.pk: "withdrawn"}
    say(form, "given")
    assert permitted(form, child) == {}


@pytest.mark.usefixtures("district")
def test_an_ok_counts_for_the_purposes_and_elements_that_the_text_named() -> None:
    form, child = form_for(), child_of()
    say(form, "given")
    assert permitted(form, child, elements=["name", "grade"]) == {}
    assert permitted(form, child, elements=["name", "home-address"]) == {child.pk: "text_covers_less"}
    assert form.matter.tool is not None
    with transaction.atomic():
        assert queries.lock_permitted([child.pk], form.matter.tool, "transportation", clock.now()) == (
            frozenset(),
            {child.pk: "text_covers_less"},
        )


@pytest.mark.usefixtures("district")
def test_who_may_say_no_has_the_whole_time_before_anything_goes() -> None:
    form, child = form_for("opt_out"), child_of()
    assert permitted(form, child) == {child.pk: "not_told"}
    campaign(form)
    assert permitted(form, child) == {child.pk: "window_open"}
    assert permitted(form, child, at=clock.now() + dt.timedelta(days=21)) == {}
    say(form, "refused")
    assert permitted(form, child, at=clock.now() + dt.timedelta(days=21)) == {child.pk: "refused"}


@pytest.mark.usefixtures("district")
def test_under_13_is_who_is_not_known_to_be_older_and_the_district_can_authorize_itself() -> None:
    form, child = form_for("opt_in_under_13"), child_of()
    assert form.sort == "coppa" and form.under_13_only
    assert permitted(form, child) == {child.pk: "no_answer"}
    assert permitted(form, child, thirteen=[child.pk]) == {}
    actions.decide_policy(coppa="school", basis="16 CFR 312.2, guidance of the FTC", by=person("admin"), at=clock.now())
    assert permitted(form, child) == {child.pk: "not_told"}


@pytest.mark.usefixtures("district")
def test_a_refusal_of_directory_information_holds_for_a_release_that_rests_on_it() -> None:
    form, child = form_for("inform"), child_of()
    assert form.matter.tool is not None
    approval = form.matter.tool.approvals.get(ended_at=None)
    approval.consent_basis = "ferpa-directory"
    approval.save()
    directory = actions.publish_for_everybody(subject=Matter.Subject.DIRECTORY, by=person("admin"), at=clock.now())
    assert permitted(form, child) == {child.pk: "not_told"}
    campaign(directory, by="admin")
    later = clock.now() + dt.timedelta(days=21)
    assert permitted(form, child, at=later) == {}
    say(directory, "refused")
    assert permitted(form, child, at=later) == {child.pk: "refused"}


@pytest.mark.usefixtures("district")
@pytest.mark.parametrize("known", [True, False], ids=["answered-before", "never-answered"])
def test_whoever_says_no_while_a_release_runs_waits_for_it_and_the_next_one_leaves_the_child_out(known: bool) -> None:
    form, child = form_for("opt_in" if known else "inform"), child_of()
    if known:
        say(form, "given")
    done = threading.Event()

    def withdraw() -> None:
        try:
            say(form, "withdrawn" if known else "refused")
            done.set()
        finally:
            connections.close_all()

    assert form.matter.tool is not None
    other = threading.Thread(target=withdraw)
    with transaction.atomic():
        allowed, _withheld = queries.lock_permitted([child.pk], form.matter.tool, PURPOSE, clock.now())
        assert allowed == {child.pk}
        other.start()
        assert not done.wait(0.7)  # the page cannot say "withdrawn" while a release may still hold the child
    assert done.wait(10)
    other.join()
    assert permitted(form, child) == {child.pk: "withdrawn" if known else "refused"}


@pytest.mark.usefixtures("district")
def test_two_releases_of_the_same_students_take_turns() -> None:
    form = form_for()
    students = list(Student.objects.values_list("pk", flat=True)[:50])
    permitted(form, *Student.objects.filter(pk__in=students))
    held = threading.Event()

    def second() -> None:
        try:
            assert form.matter.tool is not None
            with transaction.atomic():
                queries.lock_permitted(students[::-1], form.matter.tool, PURPOSE, clock.now())
            held.set()
        finally:
            connections.close_all()

    assert form.matter.tool is not None
    with transaction.atomic():
        queries.lock_permitted(students, form.matter.tool, PURPOSE, clock.now())
        thread = threading.Thread(target=second)
        thread.start()
        assert not held.wait(0.5)
    assert held.wait(10)
    thread.join()


@pytest.mark.usefixtures("district")
def test_it_is_asked_inside_a_transaction_alone_and_for_nobody_it_answers_nobody() -> None:
    form = form_for()
    assert form.matter.tool is not None
    with pytest.raises(RuntimeError):
        queries.lock_permitted([1], form.matter.tool, PURPOSE, clock.now())
    assert permitted(form) == {}


@pytest.mark.usefixtures("district")
def test_thousands_of_students_take_a_moment(django_assert_max_num_queries: object) -> None:
    form = form_for()
    ids = list(Student.objects.values_list("pk", flat=True))
    assert form.matter.tool is not None
    begun = time.perf_counter()
    with transaction.atomic(), django_assert_max_num_queries(8):
        _allowed, withheld = queries.lock_permitted(ids, form.matter.tool, PURPOSE, clock.now())
    assert set(withheld) == set(ids) and time.perf_counter() - begun < 5
    assert Standing.objects.filter(matter=form.matter).count() == len(ids)


@pytest.mark.usefixtures("district")
def test_a_second_guardian_s_ok_does_not_undo_a_no() -> None:
    form, child = form_for(), child_of()
    another_guardian(child)
    say(form, "refused")
    say(form, "given", by="other.parent", student=child)
    assert permitted(form, child) == {child.pk: "refused"}
    say(form, "given")
    assert permitted(form, child) == {}
