"""What a process of `make run` that serves or works can open of the rest: each attack runs as that process would, in its own fence and account."""

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.run import fence
from portal.run.addresses import KEEPER_ADDRESS, OWNER_ADDRESS, SEALER_ADDRESS
from portal.run.fingerprint import TOP
from portal.run.house import House
from portal.run.supervise import own_programs

pytestmark = pytest.mark.skipif(not fence.level(), reason="this kernel has no Landlock")
KEY = "8e1f-the-signing-key"
# Tries what its arguments say, as Python does it, and tells how it went.
PROBE = """
import json, os, sys, ctypes, signal, tempfile
def tried(how, path):
    try:
        if how == "read": return open(path).read()
        if how == "list": return os.listdir(path)
        if how == "write": open(path, "a").close(); return "written"
        if how == "link": os.link(path, os.path.join(tempfile.gettempdir(), "copy")); return open(os.path.join(tempfile.gettempdir(), "copy")).read()
        if how == "take": os.rename(path, os.path.join(tempfile.gettempdir(), "moved")); return "moved"
        if how == "end": os.kill(int(path), signal.SIGTERM); return "ended"
        if how == "trace": return ["refused", "traced"][ctypes.CDLL(None).ptrace(16, int(path), 0, 0) == 0]
        if how == "mount": return ["refused", "mounted"][ctypes.CDLL(None).mount(b"none", path.encode(), b"tmpfs", 0, None) == 0]
        if how == "child": return os.popen("cat " + path).read() or "refused"
        if how == "device": os.mknod(path, 0o60600, os.makedev(8, 0)); return "made"
    except OSError as error:
        return "refused"
print(json.dumps([tried(*one) for one in json.loads(sys.argv[1])]))
"""


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house with secrets in every place where a running portal has them."""
    made = House(tmp_path / "var")
    made.make()
    for place in (made.var / "seal", made.var / "postgres"):
        place.mkdir(mode=0o700)
    for file, text in {
        made.var / "seal" / "key": KEY,
        made.var / "postgres" / "owner-password": KEY,
        made.run / "supervisord.conf": KEY,
        made.secrets / OWNER_ADDRESS: KEY,
        made.secrets / SEALER_ADDRESS: KEY,
        made.secrets / KEEPER_ADDRESS: "the keeper's",
        made.secrets / "DATABASE_URL": "the application's",
    }.items():
        file.write_text(text)
        file.chmod(0o600)
    return made


def tries(house: House, program: str, *wanted: tuple[str, object]) -> list:
    """What comes of `wanted`, tried by the probe in the place of the program itself: same fence, same account, same environment."""
    (found,) = (one for one in own_programs(house, host="127.0.0.1", port=1) if one.name == program)
    before = found.command[: found.command.index("--") + 1]
    asked = json.dumps([(how, str(path)) for how, path in wanted])
    done = subprocess.run(
        [*(word for word in before if word != "--alone"), sys.executable, "-c", PROBE, asked],
        env=os.environ | {"TMPDIR": str(house.temporary)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


FENCED = ["beat", "keeper", "web", "worker"]


@pytest.mark.parametrize("program", FENCED)
def test_the_signing_key_and_what_leads_to_it_stay_closed(program: str, house: House) -> None:
    key = house.var / "seal" / "key"
    attacks = [
        ("read", key),
        ("child", key),
        ("link", key),
        ("take", key),
        ("read", f"/proc/self/cwd/{os.path.relpath(key, TOP)}"),
        ("read", f"/proc/{os.getpid()}/root{key}"),
        ("read", house.var / "postgres" / "owner-password"),
        ("read", house.run / "supervisord.conf"),
        ("read", house.secrets / OWNER_ADDRESS),
        ("read", house.secrets / SEALER_ADDRESS),
    ]
    assert tries(house, program, *attacks) == ["refused"] * len(attacks)
    assert key.read_text() == KEY


def test_it_can_neither_trace_end_nor_change_what_runs_outside(house: House) -> None:
    """A process outside of the fence holds the key in its memory; the code that the sealer runs next time lies beside."""
    with subprocess.Popen([sys.executable, "-c", f"k = {KEY!r}; import time; time.sleep(60)"]) as sealer:
        attacks = [
            ("trace", sealer.pid),
            ("read", f"/proc/{sealer.pid}/mem"),
            ("read", f"/proc/{sealer.pid}/environ"),
            ("end", sealer.pid),
            ("write", TOP / "governance/trail/seals/keys.py"),
            ("write", Path(sys.prefix) / "pyvenv.cfg"),
            ("write", house.var / "seal" / "key"),
            ("write", house.secrets / "DATABASE_URL"),
            ("write", "/etc/crontab"),
            ("mount", house.var / "seal"),
            ("device", house.temporary / "disk"),
        ]
        assert tries(house, "web", *attacks) == ["refused"] * len(attacks)
        assert sealer.poll() is None
        sealer.kill()


def test_what_it_needs_is_there(house: House) -> None:
    needs = [
        ("read", house.secrets / "DATABASE_URL"),
        *(("write", folder / "file") for folder in house.own_folders),
        ("write", "/dev/null"),
        ("write", "/dev/shm/portal-fence"),
    ]
    found = tries(house, "web", *needs, ("list", TOP), ("list", house.secrets))
    assert found[: len(needs)] == ["the application's"] + ["written"] * (len(needs) - 1)
    assert "manage.py" in found[-2]
    Path("/dev/shm/portal-fence").unlink()
    assert tries(house, "keeper", ("read", house.secrets / KEEPER_ADDRESS)) == ["the keeper's"]
    assert tries(house, "worker", ("read", house.secrets / KEEPER_ADDRESS)) == ["refused"]


def test_the_sealer_itself_opens_its_key_and_without_a_fence_anybody_would(house: House) -> None:
    """That the attacks above fail for the fence and not for want of trying."""
    key = house.var / "seal" / "key"
    assert tries(house, "sealer", ("read", key), ("child", key), ("link", key)) == [KEY, KEY, KEY]


def test_where_the_kernel_cannot_the_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Older:
        @staticmethod
        def syscall(*_: object) -> int:
            return -1

    monkeypatch.setattr(fence, "_libc", Older())
    assert fence.level() == 0
    assert fence.draw(hidden=["/nowhere"], writable=[]) is False
    assert ctypes.CDLL(None).getpid() == os.getpid()
