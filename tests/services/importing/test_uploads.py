"""Uploads on disk: files that several readers share, and room that is given back."""

import gc
import io
from tempfile import SpooledTemporaryFile

import pytest


@pytest.fixture
def uploads():
    from core.services.importing import uploads

    gc.collect()
    return uploads


def kept(uploads, content: bytes, session: str = "s"):
    file = SpooledTemporaryFile(max_size=1_000_000)  # noqa: SIM115
    intake = uploads.Intake(session)
    intake.take(len(content))
    file.write(content)
    return uploads.OnDisk.of(file, intake)


def test_each_reader_has_a_place_of_its_own(uploads):
    content = kept(uploads, b"first line\nsecond line\nthird")
    one, other = (uploads.ChosenFile(content, "a.jsonl", "id") for _ in range(2))
    assert one.readline() == b"first line\n"
    assert other.read() == b"first line\nsecond line\nthird"
    assert one.readline() == b"second line\n"
    assert (one.seek(-5, io.SEEK_END), one.read(), one.seek(0), one.read(5)) == (23, b"third", 0, b"first")
    one.close()
    assert other.seek(0) == 0 and other.read(5) == b"first"
    assert (one.name, one.file_id, one.size, len(content)) == ("a.jsonl", "id", 28, 28)


def test_text_is_read_from_it_as_from_any_file(uploads):
    content = kept(uploads, "Größe\nzwei".encode())
    with io.TextIOWrapper(uploads.ChosenFile(content, "a", "id"), encoding="utf-8") as text:
        assert list(text) == ["Größe\n", "zwei"]


def test_room_is_given_back_with_the_file(uploads):
    before = dict(uploads._room.bytes_of)
    content = kept(uploads, b"x" * 1000, "mine")
    assert uploads._room.bytes_of["mine"] == 1000
    reader = uploads.ChosenFile(content, "a", "id")
    del content
    gc.collect()
    assert uploads._room.bytes_of["mine"] == 1000 and reader.read(1) == b"x", "it is still being read"
    del reader
    gc.collect()
    assert uploads._room.bytes_of == before and "mine" not in uploads._room.files_of


@pytest.mark.parametrize("bound", ["MOST_BYTES_OF_A_SESSION", "MOST_BYTES"])
def test_what_passes_a_bound_is_refused_and_takes_no_room(uploads, bound, monkeypatch):
    monkeypatch.setattr(uploads, bound, 1_000_000)
    intake = uploads.Intake("greedy")
    intake.take(900_000)
    with pytest.raises(uploads.TooMuch):
        intake.take(200_000)
    assert "greedy" not in uploads._room.bytes_of
    uploads.Intake("greedy").take(900_000)


def test_a_session_holds_so_many_files(uploads):
    held = [uploads.Intake("many") for _ in range(uploads.MOST_FILES_OF_A_SESSION)]
    with pytest.raises(uploads.TooMuch, match="Reload"):
        uploads.Intake("many")
    del held[0]
    assert uploads.Intake("many")
