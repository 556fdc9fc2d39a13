"""Where the portal finds its services, and that no secret stays in the environment."""

import pytest

from portal.run.addresses import LOGIN_OF, SECRETS, Shelf, password_in, settle
from portal.run.faults import CannotStart
from portal.run.postgres import Postgres
from portal.run.valkey import Valkey


@pytest.fixture
def shelf(tmp_path):
    (tmp_path / "secrets").mkdir()
    return Shelf(tmp_path / "secrets")


@pytest.fixture
def postgres(tmp_path):
    """A cluster that is there already, so that none is made."""
    found = Postgres(tmp_path / "postgres", tmp_path / "sockets")
    found.data.mkdir(parents=True)
    (found.data / "PG_VERSION").write_text("18")
    found.password_file.write_text("owners-own")
    return found


@pytest.fixture
def valkey(tmp_path):
    return Valkey(tmp_path / "valkey", tmp_path / "sockets")


def test_nothing_given(shelf, postgres, valkey):
    services = settle(shelf, {}, postgres=postgres, valkey=valkey)
    assert services.postgres and services.valkey
    assert shelf.get("PORTAL_OWNER_DATABASE_URL") == f"postgresql://portal_owner:owners-own@/portal?host={postgres.sockets}"
    assert shelf.get("DATABASE_URL").startswith("postgresql://portal_app:")
    assert len({password_in(shelf.get(name)) for name in LOGIN_OF}) == 3
    assert len(shelf.get("PORTAL_SECRET_KEY")) > 40


def test_a_second_start_keeps_every_secret(shelf, postgres, valkey):
    settle(shelf, {}, postgres=postgres, valkey=valkey)
    before = {name: shelf.get(name) for name in SECRETS}
    settle(shelf, {}, postgres=postgres, valkey=valkey)
    assert {name: shelf.get(name) for name in SECRETS} == before


def test_a_folder_that_was_moved_keeps_the_passwords(shelf, postgres, valkey, tmp_path):
    settle(shelf, {}, postgres=postgres, valkey=valkey)
    before = password_in(shelf.get("DATABASE_URL"))
    settle(shelf, {}, postgres=Postgres(postgres.folder, tmp_path / "elsewhere"), valkey=valkey)
    assert password_in(shelf.get("DATABASE_URL")) == before
    assert shelf.get("DATABASE_URL").endswith("elsewhere")


def test_database_url_alone_is_the_owners(shelf, postgres, valkey):
    given = {"DATABASE_URL": "postgresql://boss:s%40cret@db.example:5433/school?sslmode=require"}
    services = settle(shelf, given, postgres=postgres, valkey=valkey)
    assert services.postgres is None
    assert shelf.get("PORTAL_OWNER_DATABASE_URL") == "postgresql://boss:s%40cret@db.example:5433/school?sslmode=require"
    app = shelf.get("DATABASE_URL")
    assert app.startswith("postgresql://portal_app:") and app.endswith("@db.example:5433/school?sslmode=require")
    assert given == {}


def test_all_addresses_given_are_all_kept(shelf, postgres, valkey):
    given = {name: f"postgresql://{login}:x@h/d" for name, login in LOGIN_OF.items()} | {
        "PORTAL_OWNER_DATABASE_URL": "postgresql://o:x@h/d"
    }
    settle(shelf, dict(given), postgres=postgres, valkey=valkey)
    assert {name: shelf.get(name) for name in given} == given


def test_the_applications_address_alone_is_refused(shelf, postgres, valkey):
    with pytest.raises(CannotStart, match="PORTAL_OWNER_DATABASE_URL"):
        settle(shelf, {"DATABASE_URL": "postgresql://portal_app:x@h/d"}, postgres=postgres, valkey=valkey)


def test_redis_given(shelf, postgres, valkey):
    services = settle(shelf, {"REDIS_URL": "redis://cache.example/1"}, postgres=postgres, valkey=valkey)
    assert services.valkey is None
    assert shelf.get("REDIS_URL") == "redis://cache.example/1"


def test_no_secret_is_left_in_the_environment(shelf, postgres, valkey):
    environment = dict.fromkeys(SECRETS, "redis://x:y@z/1") | {"PATH": "/bin"}
    settle(shelf, environment, postgres=postgres, valkey=valkey)
    assert environment == {"PATH": "/bin"}


def test_a_secret_is_its_owners_alone(shelf):
    shelf.put("PORTAL_SECRET_KEY", "value")
    assert (shelf.folder / "PORTAL_SECRET_KEY").stat().st_mode & 0o777 == 0o600
