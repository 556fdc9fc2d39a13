"""A file lies in the folder whole or not at all, each went through the gate, and it goes as soon as something ends."""

import datetime as dt
import re
import stat
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from portal.base import clock, outbox, workdays
from tests.governance.situations import person, trail
from tests.vendors.sharing.made import class_of_the_teacher, opened, seen, unpacked
from vendors.agreements import actions as agreements
from vendors.agreements.models import Agreement
from vendors.drops import actions, folder, following, rules
from vendors.drops.actions import CannotDrop
from vendors.drops.models import Drop, Dropped
from vendors.sharing import actions as sharing
from vendors.sharing.models import Delivery, Release

pytestmark = pytest.mark.usefixtures("district")
ZONE = ZoneInfo("America/Chicago")


class Killed(BaseException):
    """What a SIGKILL is to the code: nothing after it runs, and nobody catches it."""


def due(delivery: Delivery | None = None, **more: Any) -> Drop:
    """A schedule whose moment came within the last hour."""
    found = delivery or seen()
    given: dict[str, Any] = {"every": "day", "hour": clock.now().astimezone(ZONE).hour, "keep_days": 7}
    drop = actions.start(delivery=found, by=person("admin"), at=clock.now() - dt.timedelta(hours=2), **(given | more))
    return drop


def files(place: Path, drop: Drop) -> list[Path]:
    folder_of = place / drop.delivery.tool.slug
    return sorted(folder_of.iterdir()) if folder_of.exists() else []


def go() -> None:
    following.look_round(at=clock.now())


# -- The schedule ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "hour", "at", "slot"),
    [
        ("day", 2, "2026-11-24 02:00", "2026-11-24 02:00"),
        ("day", 2, "2026-11-24 01:59", None),  # that of the day before is longer ago than it is made up for
        ("day", 22, "2026-11-24 03:00", "2026-11-23 22:00"),
        ("workday", 2, "2026-11-28 03:00", None),  # a Saturday
        ("workday", 2, "2026-11-26 03:00", None),  # Thanksgiving
        ("workday", 22, "2026-11-29 23:00", "2026-11-29 22:00"),  # Sunday night, ahead of Monday
        ("workday", 22, "2026-11-27 23:00", None),  # Friday night
        ("week", 5, "2026-11-29 06:00", "2026-11-29 05:00"),
        ("week", 5, "2026-11-30 06:00", None),
        ("day", 2, "2026-11-01 02:30", "2026-11-01 02:00"),  # the night on which the clock goes back
    ],
)
def test_the_newest_moment_that_came(every: str, hour: int, at: str, slot: str | None) -> None:
    def moment(text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)

    found = rules.slot_before(
        moment(at), every=every, hour=hour, since=moment("2026-01-01 00:00"), zone=ZONE, is_workday=workdays.is_workday
    )
    assert found == (moment(slot) if slot else None)


# -- A file ----------------------------------------------------------------------------------------------------------------------


def test_it_goes_through_the_gate_and_lies_there_whole_for_its_owner_alone(place: Path) -> None:
    drop = due()
    go()
    [path] = files(place, drop)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    found = Dropped.objects.get(drop=drop)
    assert path.name == found.name and found.release is not None and found.release.state == Release.State.MADE
    assert len(unpacked(path.read_bytes())["users"]) == len(class_of_the_teacher()) == found.release.children
    assert folder.is_whole(drop.delivery.tool.slug, found.name, size=found.size, sha256=found.sha256)
    [entry] = trail("vendors.drop.placed", about=found.public_id)
    assert found.sha256 in entry["additional_data"]
    go()
    assert Dropped.objects.filter(drop=drop).count() == 1  # once for each moment


def test_nothing_runs_before_somebody_saw_the_preview() -> None:
    with pytest.raises(CannotDrop) as refusal:
        actions.start(delivery=opened(), every="day", hour=2, keep_days=7, by=person("admin"), at=clock.now())
    assert refusal.value.code == "not_seen"


@pytest.mark.parametrize("step", ["release", "tell", "write", "half", "finish", "commit"])
def test_a_worker_killed_between_two_steps_leaves_nothing_or_the_whole(step: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop = due()

    def kill(*_given: Any, **_more: Any) -> None:
        raise Killed

    def half(tool: str, name: str, content: bytes) -> None:
        place.joinpath(tool).mkdir(parents=True)
        place.joinpath(tool, f".{name}.part").write_bytes(content[: len(content) // 2])
        raise Killed

    target: dict[str, tuple[Any, str, Any]] = {
        "release": (sharing, "send_bundle", kill),
        "tell": (actions, "_tell_what", kill),
        "write": (folder, "write", kill),
        "half": (folder, "write", half),
        "finish": (folder, "finish", kill),
        "commit": (actions, "_placed", kill),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*target[step])
        with pytest.raises(Killed):
            go()
    lies = [path for path in files(place, drop) if not path.name.endswith(".part")]
    assert bool(lies) == (step == "commit")
    for path in lies:
        unpacked(path.read_bytes())
    Dropped.objects.filter(drop=drop).update(leased_until=clock.now())
    go()
    [path] = files(place, drop)
    assert len(unpacked(path.read_bytes())["users"]) == len(class_of_the_teacher())
    told = list(Dropped.objects.filter(drop=drop).order_by("attempt").values_list("failed_because", flat=True))
    assert told == ([""] if step == "commit" else ["interrupted", ""])


# -- What ends it ------------------------------------------------------------------------------------------------------------------


def end_agreement(drop: Drop) -> None:
    agreement = Agreement.objects.get(versions__services__tool=drop.delivery.tool)
    agreements.end(agreement=agreement.public_id, because="Sold", by=person("admin"), at=clock.now())


def withdraw(drop: Drop) -> None:
    child = class_of_the_teacher()[0]
    following.take_back_after_a_no({"tool": str(drop.delivery.tool.public_id), "student": str(child.public_id)})


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda drop: actions.stop(drop=drop, because="asked", by=person("admin"), at=clock.now()), "asked"),
        (lambda drop: sharing.stop_delivery(delivery=drop.delivery, by=person("admin"), at=clock.now()), "delivery_stopped"),
        (end_agreement, "not_usable"),
        (withdraw, "withdrawn"),
    ],
    ids=["stopped", "delivery stopped", "agreement ended", "a family's no"],
)
def test_the_file_goes_as_soon_as_something_ends(act: Any, why: str, place: Path) -> None:
    drop = due()
    go()
    assert files(place, drop)
    act(drop)
    go()
    assert not files(place, drop)
    found = Dropped.objects.get(drop=drop, placed_at__isnull=False)
    assert found.gone_because == why and len(trail("vendors.drop.removed", about=found.public_id)) == 1


def test_what_ends_while_it_is_made_keeps_it_out_of_the_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop, write = due(), folder.write

    def meanwhile(tool: str, name: str, content: bytes) -> None:
        write(tool, name, content)
        withdraw(drop)

    with monkeypatch.context() as patch:
        patch.setattr(folder, "write", meanwhile)
        go()
    assert not files(place, drop) and Dropped.objects.get(drop=drop).failed_because == "void"
    go()  # the next try is made without that child
    assert len(files(place, drop)) == 1


def test_its_days_end_and_a_newer_one_takes_its_place(place: Path) -> None:
    drop = due(keep_days=1)
    go()
    Dropped.objects.filter(drop=drop).update(slot=clock.now() - dt.timedelta(days=1))
    go()
    assert len(files(place, drop)) == 1 and Dropped.objects.filter(drop=drop, gone_because="newer").count() == 1
    Dropped.objects.filter(drop=drop, gone_at=None).update(placed_at=clock.now() - dt.timedelta(days=1))
    go()
    assert not files(place, drop) and Dropped.objects.filter(drop=drop, gone_because="kept_long_enough").count() == 1


def test_a_refusal_is_told_once_and_makes_no_file(place: Path) -> None:
    drop = due()
    end_agreement(drop)
    for _time in range(2):
        go()
        outbox.run()
    assert Dropped.objects.get(drop=drop).failed_because == "not_approved" and not files(place, drop)
    told = [each for each in mail.outbox if "was not made" in each.subject]
    assert {each.to[0] for each in told} >= {person("admin").email, person("steward").email}
    assert len(told) == len({each.to[0] for each in told})


def test_a_folder_that_was_swapped_for_a_link_gets_nothing(place: Path, tmp_path: Path) -> None:
    drop, elsewhere = due(), tmp_path / "elsewhere"
    elsewhere.mkdir()
    place.mkdir()
    place.joinpath(drop.delivery.tool.slug).symlink_to(elsewhere)
    go()
    assert not list(elsewhere.iterdir()) and Dropped.objects.get(drop=drop).failed_because == "folder"


# -- The page ----------------------------------------------------------------------------------------------------------------------


def client_of(persona: str) -> Client:
    client = Client()
    client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_from_the_start_to_the_stop_on_the_page(place: Path) -> None:
    delivery, client = seen(), client_of("admin")
    page = reverse("drops:drop", args=[delivery.public_id])
    assert (
        reverse("drops:drop", args=[delivery.public_id])
        in client.get(reverse("sharing:delivery", args=[delivery.public_id])).content.decode()
    )
    given = {"every": "day", "hour": "2", "keep_days": "40"}
    assert client.post(reverse("drops:start", args=[delivery.public_id]), given).status_code == 422
    assert client.post(reverse("drops:start", args=[delivery.public_id]), given | {"keep_days": "3"})["Location"] == page
    Drop.objects.update(started_at=clock.now() - dt.timedelta(days=2), hour=clock.now().astimezone(ZONE).hour)
    go()
    shown = words(client.get(page))
    assert "Lies in the folder" in shown and "SHA-256" in shown
    assert client.post(reverse("drops:stop", args=[delivery.public_id]))["Location"] == page
    assert "Taken away" in words(client.get(page)) and not list(place.joinpath(delivery.tool.slug).iterdir())
    assert client_of("teacher").post(reverse("drops:start", args=[delivery.public_id]), given).status_code == 404
    assert "Look at the preview first" in words(client.get(reverse("drops:drop", args=[opened().public_id])))
