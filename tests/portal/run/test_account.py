"""The account of the servers, and how their programs reach it from a closed home."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from portal.run import account as account_module
from portal.run.account import server_account
from portal.run.faults import CannotStart

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account to sign down to")


@pytest.fixture
def shelf(monkeypatch):
    """An open folder in the place of the machine's shared one."""
    with tempfile.TemporaryDirectory(prefix="portal-shelf-", dir="/tmp") as top:
        Path(top).chmod(0o755)
        monkeypatch.setattr(account_module, "SHARED", Path(top) / "shelf")
        yield Path(top) / "shelf"


@root
def test_a_program_in_a_closed_home_is_copied_to_where_the_account_can_run_it(tmp_path, shelf):
    home = tmp_path / "home"
    (home / "package" / "bin").mkdir(parents=True)
    program = home / "package" / "bin" / "hello"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o700)
    (home / "package.libs").mkdir()
    home.chmod(0o700)
    before = os.umask(0o077)
    try:
        copied = server_account().reachable_copy(home / "package", home / "package.libs", label="hello-1")
    finally:
        os.umask(before)
    assert copied == shelf / "hello-1" / "package"
    assert (shelf / "hello-1" / "package.libs").is_dir()
    command = server_account().command([str(copied / "bin" / "hello")], folder=tmp_path, parent_death="TERM")
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "hello\n"
    assert server_account().reachable_copy(home / "package", label="hello-1") == copied


@root
def test_a_shelf_of_somebody_else_is_refused(tmp_path, shelf):
    (tmp_path / "program").write_text("")
    tmp_path.chmod(0o700)
    shelf.mkdir()
    os.chown(shelf, 12345, 12345)
    with pytest.raises(CannotStart, match="belongs to somebody else"):
        server_account().reachable_copy(tmp_path / "program", label="program-1")


@root
def test_a_reachable_program_stays_where_it_is():
    assert server_account().reachable_copy(Path("/bin/sh"), label="sh") == Path("/bin/sh")
