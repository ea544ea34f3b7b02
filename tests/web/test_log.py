"""Logs: a line of text or a JSON object each, with the run where it is known, and never a key or a join token."""

import json
import os
import subprocess
import sys

import pytest

from core.settings import PROJECT_ROOT

KEY, TOKEN = "sk-canary-0123456789", "join-canary-0123456789"
SAY = f"""
import asyncio, logging, threading, warnings
import uvicorn
from core import logs
from core.web.log import set_up_logs
set_up_logs()
set_up_logs()
uvicorn.Config("x:y").load
log = logging.getLogger("core.services.somewhere")
log.warning("asked with %s at %s", "{KEY}", "/join/{TOKEN}")
log.info("nobody wants to know")
with logs.about(run_id=7):
    log.error("run broke off\\nin two lines")
    async def inner():
        with logs.about(candidate_id=3):
            await asyncio.to_thread(log.error, "deep inside")
    asyncio.run(inner())
log.error("by hand", extra={{"run_id": 8, "candidate_id": "no number"}})
try:
    raise ValueError("http://x/join/{TOKEN}?key={KEY}")
except ValueError:
    log.exception("it failed")
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
logging.getLogger("uvicorn.error").info("Started server process [%d]", 5)
logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", "/join/{TOKEN}", "1.1", 200)
late = logging.getLogger("streamlit.made_later")
late.propagate = False
late.addHandler(logging.StreamHandler())
late.warning("from Streamlit, %s", "/join/{TOKEN}")
log.error("%d wrongly logged", "words")
warnings.warn("a library warns")
"""


def said(form: str) -> tuple[str, str]:
    env = {**os.environ, "EVENHAND_LOG": form, "OPENAI_API_KEY": KEY}
    done = subprocess.run(
        [sys.executable, "-c", SAY], env=env, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout, done.stderr


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_key_and_no_join_token_is_logged(form: str) -> None:
    for stream in said(form):
        assert KEY not in stream and TOKEN not in stream


def test_with_json_every_line_is_one_object() -> None:
    streams = said("json")
    lines = [json.loads(line) for stream in streams for line in stream.splitlines()]
    by_event = {line["event"]: line for line in lines}
    for line in lines:
        assert set(line) >= {"time", "level", "logger", "event"} and line["time"].endswith("+00:00")
    assert len(lines) == 11
    first = by_event["asked with [OPENAI_API_KEY] at /join/…"]
    assert (first["level"], first["logger"]) == ("warning", "core.services.somewhere") and "run_id" not in first
    assert by_event["run broke off\nin two lines"]["run_id"] == 7
    assert (by_event["deep inside"]["run_id"], by_event["deep inside"]["candidate_id"]) == (7, 3)
    assert by_event["by hand"]["run_id"] == 8 and "candidate_id" not in by_event["by hand"]
    assert by_event["it failed"]["error"] == "ValueError" and "Traceback" in by_event["it failed"]["traceback"]
    assert "Traceback" in by_event["Exception in ASGI application"]["traceback"]
    assert by_event["Started server process [5]"]["logger"] == "uvicorn.error"
    assert any(line["logger"] == "uvicorn.access" and "GET /join/…" in line["event"] for line in lines)
    assert by_event["from Streamlit, /join/…"]["logger"] == "streamlit.made_later"
    assert any("wrongly logged" in event for event in by_event) and any(
        "a library warns" in event for event in by_event
    )


def test_as_text_a_line_says_when_how_bad_where_and_what() -> None:
    _, stderr = said("text")
    assert "WARNING core.services.somewhere: asked with [OPENAI_API_KEY] at /join/…" in stderr
    assert "ValueError: http://x/join/…" in stderr and "nobody wants to know" not in stderr
