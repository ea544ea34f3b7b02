"""Print every file of ours that a vote, and a line of a file, passes on its way: ``python -m tests.walks``."""

import io
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from core.services.demo.opening import prepare_workspace
from core.services.importing import Kind, import_file
from core.services.scoring import score_pending
from core.settings import PROJECT_ROOT, get_settings
from core.storage.engine import get_engine
from core.storage.schema import upgrade

SHELL = str(PROJECT_ROOT / "pages" / "shell.py")
PROMPT = b'{"id": "p", "turns": ["Hello?"]}'
RESPONSE = b'{"prompt_id": "p", "candidate": "c", "text": "Hi."}'


def main() -> None:
    """Walk both ways in a demo workspace of their own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"EVENHAND_DATABASE_URL": f"sqlite:///{folder}/evenhand.db", "EVENHAND_DEMO": "1"}
        get_settings.cache_clear()
        engine, now = get_engine(), datetime.now(UTC)
        upgrade(engine)
        prepare_workspace(engine, demo=True, now=now)
        _told("From a key press to the board", _of_a_vote())
        _told("From a line of a file to Cost & quality", _of_a_line(engine, now))


def passed(walk: Callable[[], Any]) -> list[str]:
    """The files of core/ and pages/ that ``walk`` enters, in the order in which it first does."""
    seen: dict[str, None] = {}

    def entered(frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_code.co_filename.removeprefix(f"{PROJECT_ROOT}/")
        if event == "call" and name.startswith(("core/", "pages/")):
            seen.setdefault(name)

    threading.setprofile(entered)
    sys.setprofile(entered)
    try:
        walk()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return list(seen)


def _of_a_vote() -> dict[str, list[str]]:
    app = AppTest.from_file(SHELL, default_timeout=120).run().switch_page("rate.py").run()
    if start := [button for button in app.button if button.label == "Start rating"]:
        start[0].click().run()
    answer = next(button for button in app.button if (button.key or "").endswith("-0-1"))
    return {
        "the vote and the next pair": passed(lambda: answer.click().run()),
        "the board": passed(lambda: app.switch_page("leaderboard.py").run()),
    }


def _of_a_line(engine: Engine, now: datetime) -> dict[str, list[str]]:
    def taken(content: bytes, kind: Kind) -> None:
        import_file(engine, io.BytesIO(content), kind, name="file.jsonl", dataset="walk", now=now)

    taken(PROMPT, Kind.PROMPTS)
    app = AppTest.from_file(SHELL, default_timeout=120).run()
    return {
        "the import": passed(lambda: taken(RESPONSE, Kind.RESPONSES)),
        "the scores": passed(lambda: score_pending(engine)),
        "the page": passed(lambda: app.switch_page("cost.py").run()),
    }


def _told(title: str, parts: dict[str, list[str]]) -> None:
    every = list(dict.fromkeys(name for names in parts.values() for name in names))
    sys.stdout.write(f"{title}: {len(every)} files\n")
    for part, names in parts.items():
        fresh = [name for name in names if name in every]
        every = [name for name in every if name not in fresh]
        sys.stdout.write(f"\n{part} ({len(fresh)}):\n" + "".join(f"  {name}\n" for name in fresh))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
