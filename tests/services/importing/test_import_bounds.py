"""Files that are too large, packed to hurt, cut off, or not what they say: clear errors, bounded memory."""

import gzip
import io
import json
import os
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.errors import BadFile
from core.services.importing import ImportSummary, Kind, import_file
from core.services.importing.source import LONGEST_LINE, Source
from core.settings import PROJECT_ROOT
from core.storage.engine import open_engine
from core.storage.schema import upgrade

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
MEGABYTE = 1024 * 1024
VOTE = b'{"prompt_id": "p", "left": "a", "right": "b", "winner": "tie", "rater": "r"}\n'


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('bounds') / 'evenhand.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


def refusal(engine: Engine, content: bytes, name: str = "votes.jsonl") -> str:
    with pytest.raises(BadFile) as caught:
        import_file(engine, io.BytesIO(content), Kind.VOTES, name=name, now=NOW)
    assert caught.value.file == name
    assert str(caught.value).startswith(name)
    return caught.value.problem


def packed(pieces: Iterator[bytes] | list[bytes]) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(piece) for piece in pieces) + packer.flush()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n \n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (VOTE.decode().encode("utf-16"), "UTF-16"),
        (VOTE.decode().encode("utf-16-le"), "UTF-16"),
        (VOTE.decode().encode("utf-32"), "UTF-16"),
        (VOTE.replace(b'"a"', b'"caf\xe9"'), "UTF-8"),
        (VOTE.replace(b'"a"', b"NaN"), "not JSON"),
        (VOTE.replace(b'"r"', b"Infinity"), "not JSON"),
        (b'{"prompt_id": ' + b"[" * 5000 + b"]" * 5000 + b"}\n", "not JSON"),
        (b"[" * 100_000, "array"),
        (b'[{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "nesting"),
        (b'[{"prompt_id": NaN}]', "express"),
        (b"[1, 2]", "objects"),
        (b"[" + VOTE + VOTE + b"]", "comma"),
        (b"[" + VOTE + b",]", "comma"),
        (b"[" + VOTE, "cut off"),
        (b"[" + VOTE + b"] x", "follows"),
        (b"[]", "no records"),
        (VOTE[:40], "not JSON"),
        (b'"text"\n', "neither"),
        (b"null\n", "neither"),
        (VOTE + b"17\n", "number"),
        (b"PK\x03\x04" + bytes(100), "zip archive"),
        (b"PAR1" + bytes(100), "Parquet"),
        (bytes(range(256)) * 8, "UTF-16"),
        (b"\x7fELF\x02\x01\x01" + bytes(200), "neither"),
        (b"prompt_id,left,right,winner\np,a,b\n", "cells"),
        (b'prompt_id,left,right,winner\np,a,"b,tie\n', "CSV"),
        (b"prompt_id,prompt_id,left,right,winner\np,p,a,b,tie\n", "two columns"),
        (gzip.compress(VOTE, mtime=0)[:-9], "cut off"),
        (gzip.compress(VOTE, mtime=0)[:30] + b"\x00" * 30, "damaged"),
        (gzip.compress(b"", mtime=0), "empty"),
    ],
)  # fmt: skip
def test_what_is_no_sound_file_is_refused_by_name(workspace: Engine, content: bytes, says: str) -> None:
    assert says in refusal(workspace, content)


def test_a_file_named_gz_that_is_not_packed_is_refused(workspace: Engine) -> None:
    assert "not packed" in refusal(workspace, VOTE, name="votes.jsonl.gz")


def test_folders_and_missing_files_are_refused(workspace: Engine, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="folder"):
        import_file(workspace, tmp_path, Kind.VOTES, now=NOW)
    with pytest.raises(BadFile, match="no such file"):
        import_file(workspace, tmp_path / "absent.jsonl", Kind.VOTES, now=NOW)


def test_a_line_of_fifty_megabytes_is_refused_without_holding_it(workspace: Engine) -> None:
    for head, tail in ((b'{"prompt_id": "', b'"}\n'), (b'[{"prompt_id": "', b'"}]'), (b'a,b\n"', b'"\n')):
        content = b"".join(_long(head, tail))
        tracemalloc.start()
        problem = refusal(workspace, content)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert "16 MB" in problem or "field larger than field limit" in problem
        assert peak < 8 * LONGEST_LINE


def _long(head: bytes, tail: bytes) -> Iterator[bytes]:
    """Fifty megabytes of one text between ``head`` and ``tail``."""
    yield head
    piece = os.urandom(32 * 1024).hex().encode()
    for _ in range(50 * 16):
        yield piece
    yield tail


def test_a_bomb_is_refused_once_it_has_shown_itself(workspace: Engine) -> None:
    bomb = packed(b"\n" * MEGABYTE for _ in range(200))
    assert len(bomb) < MEGABYTE
    read = 0
    with pytest.raises(BadFile, match="times its size"):
        for chunk in Source(io.BytesIO(bomb), "bomb.gz").chunks():
            read += len(chunk)
    assert read < 110 * MEGABYTE
    assert "times its size" in refusal(workspace, bomb, name="bomb.jsonl.gz")


def test_a_long_packed_file_of_many_members_is_read_whole(workspace: Engine) -> None:
    content = b"".join(gzip.compress(VOTE.replace(b'"r"', b'"r%d"' % number), mtime=0) for number in range(300))
    summary = import_file(workspace, io.BytesIO(content), Kind.VOTES, name="members.gz", now=NOW)
    assert summary.created == 300


def test_a_stream_that_cannot_be_read_twice_is_imported(workspace: Engine) -> None:
    reader, writer = os.pipe()
    os.write(writer, VOTE.replace(b'"r"', b'"piped"'))
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        summary: ImportSummary = import_file(workspace, stream, Kind.VOTES, name="pipe", now=NOW)
    assert summary.created == 1


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_blank_lines_and_a_byte_order_mark_do_not_matter(workspace: Engine, ending: str, mark: str) -> None:
    votes = [{**json.loads(VOTE), "rater": f"{ending!r}{mark!r}{number}"} for number in range(3)]
    for content in (ending.join(map(json.dumps, votes)), json.dumps(votes, indent=1).replace("\n", ending)):
        encoded = (mark + content).encode()
        assert import_file(workspace, io.BytesIO(encoded), Kind.VOTES, name="v", now=NOW).created == 3


def test_an_array_is_read_wherever_its_pieces_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.services.importing import source
    from core.services.importing.rows import rows_of

    records = [{"id": f"é{number}", "turns": ['}{][,"\\', "ß" * number]} for number in range(40)]
    content = json.dumps(records, ensure_ascii=False, indent=2).encode()
    for size in (17, 64, 1000):
        monkeypatch.setattr(source, "_CHUNK", size)
        found = list(rows_of(Source(io.BytesIO(content), "array"), {}))
        assert [row for _, row in found] == records
        assert found[1][0] == 1 + content[: content.index("é1".encode())].count(b"\n") - 1


_MEMORY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from core.services.importing import Kind, import_file
from core.storage.engine import open_engine
from core.storage.schema import upgrade
engine = open_engine(sys.argv[1])
upgrade(engine)


def peak_mb():
    # getrusage would count what the test session held when it forked
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) // 1024


before = peak_mb()
import_file(engine, Path(sys.argv[2]), Kind(sys.argv[3]), now=datetime.now(UTC))
print(peak_mb() - before)
"""


def growth_mb(database: str, file: Path, kind: str) -> int:
    """By how many megabytes a process grows that imports ``file``."""
    root = PROJECT_ROOT
    arguments = [sys.executable, "-c", _MEMORY, database, str(file), kind]
    return int(subprocess.run(arguments, cwd=root, check=True, capture_output=True, text=True).stdout)


def test_memory_does_not_grow_with_the_number_of_votes_or_of_prompts(tmp_path: Path) -> None:
    file = tmp_path / "votes.jsonl"
    with file.open("wb") as out:
        for number in range(60_000):
            out.write(VOTE.replace(b'"p"', b'"prompt-%d"' % number).replace(b'"r"', b'"rater-%d"' % number))
    assert 0 < growth_mb(f"sqlite:///{tmp_path / 'm.db'}", file, "votes") < 100


@pytest.mark.regression("1.9")
@pytest.mark.long
@pytest.mark.parametrize("kind", ["prompts", "responses"])
def test_memory_does_not_grow_with_the_number_of_keys(sqlite_database: str, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "keys.jsonl"
    if kind == "responses":
        engine = open_engine(sqlite_database)
        prompts = "".join(f'{{"id": "{number}", "turns": ["Hi"]}}\n' for number in range(2500)).encode()
        import_file(engine, io.BytesIO(prompts), Kind.PROMPTS, dataset="d", name="prompts", now=NOW)
        engine.dispose()
    with file.open("w") as out:
        for number in range(250_000):
            if kind == "prompts":
                out.write(f'{{"id": "{number:030d}", "turns": ["Hi"]}}\n')
            else:
                prompt, candidate = divmod(number, 100)
                out.write(f'{{"prompt_id": "{prompt}", "candidate": "c{candidate}", "text": "x"}}\n')
    assert growth_mb(sqlite_database, file, kind) < 24
