"""The clerk of the school board becomes a witness: proposed by one, confirmed by another; keeps a checkpoint, signs it, and everybody reads it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from governance.trail.seals import runs
from tests.governance.people.cast import PASSWORD
from tests.journeys.reader import Reader

WITNESS = Path(settings.BASE_DIR) / "docs" / "verify" / "witness.py"


def gives_the_password(person: Reader) -> None:
    """Acts with consequences ask for it again."""
    if "/reauthenticate/" in person.page.url:
        person.page.get_by_label("Password").fill(PASSWORD)
        person.page.locator("main").get_by_role("button").first.click()


def runs_witness(*arguments: object) -> str:
    done = subprocess.run([sys.executable, str(WITNESS), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_clerk_becomes_a_witness(i_am: Callable[..., Reader], sealing: Callable, tmp_path: Path) -> None:
    sealing()
    key = runs_witness("--folder", tmp_path / "kept", "--make-key", "clerk.example").splitlines()[-1]

    admin = i_am("admin")
    admin.goes_home()
    admin.opens_from_menu("Tamper check")
    admin.finds_the_page_in_order()
    admin.follows("Witnesses")
    admin.writes("Name", "Rosa Kim")
    admin.writes("Office", "Clerk of the town board")
    admin.writes("E-mail", "rosa@board.example")
    admin.writes("Public key", key)
    admin.presses("Propose the witness")
    gives_the_password(admin)
    admin.sees("Clerk of the town board", "co-signs", "Take it back")
    admin.finds_the_page_in_order()

    leader = i_am("leader")
    leader.goes_to("/trail/witnesses/")
    leader.page.locator("main .card, main section, main article").filter(has_text="Rosa Kim").get_by_role(
        "button", name="Confirm"
    ).first.click()
    gives_the_password(leader)
    leader.sees("Rosa Kim", "Gets checkpoints", "On its way")
    leader.finds_the_page_in_order()

    clerk = i_am(None)
    clerk.goes_to("/trail/")
    clerk.sees("Clerk of the town board", "Not signed yet")
    (tmp_path / "checkpoint").write_text(clerk.page.request.get("/trail/checkpoint").text())
    (tmp_path / "key").write_text(clerk.page.request.get("/trail/key").text())
    runs_witness("--folder", tmp_path / "kept", "--key", tmp_path / "key", tmp_path / "checkpoint")
    (signed,) = (tmp_path / "kept").glob("checkpoint-*")
    clerk.follows("Send in a signed checkpoint")
    clerk.writes("The signed checkpoint", "hello")
    clerk.presses("Send")
    clerk.sees("This is no checkpoint")
    clerk.finds_the_page_in_order()
    clerk.writes("The signed checkpoint", signed.read_text())
    clerk.presses("Send")
    clerk.sees("Your signature is kept")
    clerk.finds_the_page_in_order()
    clerk.follows("See it on the public page")
    clerk.does_not_see("Not signed yet")
    clerk.finds_the_page_in_order()
    assert "clerk.example" in clerk.page.request.get("/trail/checkpoint").text()


def test_compliance_has_the_trail_checked(i_am: Callable[..., Reader], sealing: Callable) -> None:
    sealing()
    while runs.run_next():  # the demo asked for its first check
        pass
    compliance = i_am("compliance")
    compliance.goes_home()
    compliance.opens_from_menu("Tamper check")
    compliance.presses("Check the whole trail now")
    compliance.sees("Asked.", "Waits to begin")
    while runs.run_next():
        pass
    compliance.page.reload()
    compliance.sees("Holds")
    compliance.finds_the_page_in_order()
