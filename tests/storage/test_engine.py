"""Where the database lies is nobody else's to read."""

import os
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.storage import engine as storage
from core.storage.engine import open_engine, resolve_url


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.regression("2.8")
def test_folders_and_database_are_made_for_this_user_alone(tmp_path):
    path = tmp_path / "data" / "deep" / "evenhand.db"
    engine = open_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (n INTEGER)"))
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
        modes = {file.name: mode(file) for file in path.parent.iterdir()}
    assert mode(path.parent) == mode(path.parent.parent) == 0o700
    assert "evenhand.db" in modes and set(modes.values()) == {0o600}
    engine.dispose()


def test_what_is_there_already_is_left_as_it_is(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    path = shared / "evenhand.db"
    path.touch(mode=0o644)
    resolve_url(f"sqlite:///{path}")
    assert (mode(shared), mode(path)) == (0o755, 0o644)


@pytest.mark.regression("2.8")
def test_the_projects_own_folder_is_closed_where_an_older_version_left_it_open(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(storage, "DATA", tmp_path / "data", raising=False)
    (tmp_path / "data").mkdir(mode=0o755)
    resolve_url("sqlite:///data/evenhand.db")
    assert mode(tmp_path / "data") == 0o700
