"""Patterns and schemas that came with data and were made to take forever: nobody waits for them, and only once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from select import select as select_ready

import pytest
from sqlmodel import col, select

from core.errors import BadInput
from core.services import scoring
from core.services.scoring import evaluators
from core.storage.engine import reading, write, writing
from core.storage.tables import Evaluator, Prompt, Response, Score
from tests.long import times
from tests.speed import patience_s
from tests.workspace import NOW, later, make_workspace

ANSWER = '{"' + "a" * 60 + '!": 1}'


def doubling(keyword: str, links: int = 60) -> dict:
    """Each link of the chain refers to the next one twice."""
    chain = {str(n): {keyword: [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(links)}
    return {"$defs": {**chain, str(links): {"type": "object"}}, "$ref": "#/$defs/0"}


_HOSTILE = {
    "a pattern beside additionalProperties": {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False},
    "a pattern beside unevaluatedProperties": {"patternProperties": {"^(a+)+$": {}}, "unevaluatedProperties": False},
    "a subschema of a draft of its own": {
        "allOf": [{"$schema": "http://json-schema.org/draft-07/schema#", "propertyNames": {"pattern": "^(a+)+$"}}]
    },
    "a doubling chain of allOf": doubling("allOf"),
}  # fmt: skip
# The first and the last of them, and all in `make test-long`.
HOSTILE = dict(list(_HOSTILE.items())[:: times(3, 1)])
STANDS_STILL_S = 15.0
PACE = """
import sys, threading, time
from core.services import scoring
from core.storage.engine import open_engine
engine, done = open_engine(sys.argv[1]), threading.Event()
def score():
    while scoring.score_pending(engine):
        pass
    done.set()
threading.Thread(target=score, daemon=True).start()
while not done.wait(0.1):
    print("beats", flush=True)
print("done", flush=True)
"""


def beats(database: str) -> bool:
    """Score what is pending in a process of its own; False once none of its other threads gets a turn any more."""
    process = subprocess.Popen([sys.executable, "-c", PACE, database], stdout=subprocess.PIPE)
    assert process.stdout is not None
    line = b""
    try:
        while select_ready([process.stdout], [], [], 30 if line == b"" else STANDS_STILL_S)[0]:
            line = process.stdout.readline()
            if line in (b"done\n", b""):
                return line == b"done\n"
        return False
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def hostile(engine, request):
    """A prompt of each hostile schema, another with an ordinary one, and two answers to each."""
    made = make_workspace(engine, prompts=len(HOSTILE) + 1, candidates=2, raters=0)
    scoring.ensure_defaults(engine, now=NOW)
    with writing(engine) as session:
        for kind in evaluators.DEFAULT_KINDS:
            if kind != "json_schema":
                evaluators.retire(session, evaluators.first_of(session, kind).id, NOW)
        for prompt_id, schema in zip(made.prompts, [*HOSTILE.values(), {"type": "object"}], strict=True):
            session.get(Prompt, prompt_id).constraints = {"json_schema": schema}
        for response in session.exec(select(Response)):
            response.turns = [ANSWER]
    return made


def scores(engine) -> dict[int, list[Score]]:
    """The scores of the answers to each prompt."""
    found: dict[int, list[Score]] = {}
    with reading(engine) as session:
        query = select(Response.prompt_id, Score).join(Score, col(Score.response_id) == Response.id)
        for prompt_id, score in session.exec(query.order_by(col(Score.response_id))):
            found.setdefault(prompt_id, []).append(score)
    return found


@pytest.mark.regression("2.3")
@pytest.mark.one_database
def test_a_schema_too_deep_to_check_is_refused_in_words(engine):
    nested: dict = {}
    for _ in range(400):
        nested = {"not": nested}
    with pytest.raises(BadInput, match="nested too deeply"):
        write(engine, lambda session: evaluators.add(session, "json_schema", "deep", {"json_schema": nested}, NOW))


@pytest.mark.regression("2.3")
@pytest.mark.one_database
@pytest.mark.long
def test_rescoring_gives_a_schema_up_that_was_stopped_on_three_answers(engine, hostile):
    with writing(engine) as session:
        for prompt_id in hostile.prompts:
            session.get(Prompt, prompt_id).constraints = {"json_schema": HOSTILE["a doubling chain of allOf"]}
    script = (
        "import sys\nfrom datetime import UTC, datetime\nfrom core.services import scoring\n"
        "from core.storage.engine import open_engine\n"
        "print(scoring.rescore(open_engine(sys.argv[1]), now=datetime.now(UTC)))\n"
    )
    address = engine.url.render_as_string(hide_password=False)
    subprocess.run([sys.executable, "-c", script, address], timeout=patience_s(100), check=True, capture_output=True)
    reasons = [score.reason for each in scores(engine).values() for score in each]
    assert sum("computing time" in reason for reason in reasons) == 3
    assert sum("not tried on this one" in reason for reason in reasons) == len(reasons) - 3


@pytest.mark.regression("2.3")
@pytest.mark.one_database
def test_a_schema_that_takes_forever_holds_up_no_thread_and_is_unscored_for_good(engine, database, hostile):
    assert beats(database), "the other threads of the process stood still"
    found = scores(engine)
    assert [score.value for score in found[hostile.prompts[-1]]] == [1.0, 1.0]
    for name, prompt_id in zip(HOSTILE, hostile.prompts, strict=False):
        assert len(found[prompt_id]) == 2
        for score in found[prompt_id]:
            assert score.applies, (name, score.reason)
            assert score.value == 0.0 or "2 s of computing time" in score.reason, (name, score.reason)
    stopped = [score for each in found.values() for score in each if "computing time" in score.reason]
    assert len(stopped) >= 2 * len(HOSTILE) - 2 and {score.value for score in stopped} == {None}
    assert scoring.score_pending(engine) == 0, "what was stopped is not tried again"


def child_of(process_id: int) -> list[int]:
    """The processes that a process has started."""
    text = Path(f"/proc/{process_id}/task/{process_id}/children").read_text()
    return [int(each) for each in text.split()]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_the_process_apart_ends_with_whoever_started_it(end):
    script = (
        "import sys, time\nfrom core.domain.scoring.json_schema import KIND\n"
        "from core.domain.scoring.base import Subject\nfrom core.services import apart\n"
        "subject = Subject(['{}'], constraints={'json_schema': {}})\n"
        "apart.call(KIND.score, subject, KIND.params())\nprint('there', flush=True)\ntime.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None and parent.stdout.readline() == b"there\n"
    (child,) = child_of(parent.pid)
    parent.send_signal(end)
    parent.wait(30)
    deadline = time.monotonic() + 20
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline, "the process outlived its parent"
        time.sleep(0.05)


def test_work_apart_has_no_keys_and_no_more_memory_than_it_may(monkeypatch):
    from core.services import apart

    monkeypatch.setenv("SOME_API_KEY", "canary-0123456789")
    apart.stop()
    assert apart.call(os.getenv, "SOME_API_KEY") is None
    with pytest.raises(apart.RanOut, match="memory"):
        apart.call(bytes, 2_000_000_000)
    assert apart.call(len, "still there") == 11


def test_the_process_apart_loads_nothing_that_its_work_does_not_need():
    script = "import sys, core.services.apart_process; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"sqlalchemy", "numpy", "pydantic", "core.settings", "core.services.scoring"} & set(loaded)


def test_a_process_that_is_killed_by_somebody_else_costs_no_score(sqlite_engine):
    from core.services import apart

    assert apart.call(len, "abc") == 3
    os.kill(apart._WORKER._process.pid, signal.SIGKILL)
    assert apart.call(len, "abcd") == 4


def test_a_process_that_cannot_be_started_leaves_no_score_for_good(sqlite_engine, monkeypatch):
    from core.services import apart

    made = make_workspace(sqlite_engine, prompts=1, candidates=1, raters=0)
    with writing(sqlite_engine) as session:
        session.get(Prompt, made.prompts[0]).constraints = {"json_schema": {"type": "object"}}
    apart.stop()
    with monkeypatch.context() as patch:
        patch.setattr(apart.sys, "executable", "/bin/false")
        with pytest.raises(apart.NotStarted):
            scoring.score_pending(sqlite_engine, now=NOW)
    assert not scores(sqlite_engine)
    assert scoring.score_pending(sqlite_engine, now=later(1)) > 0


def test_what_was_said_is_kept_while_the_rest_goes_on(sqlite_engine, monkeypatch):
    """A server that is stopped among many such schemas does not begin with all of them again."""
    from core.services.scoring import service

    made = make_workspace(sqlite_engine, prompts=2, candidates=1, raters=0)
    scoring.ensure_defaults(sqlite_engine, now=NOW)
    with writing(sqlite_engine) as session:
        for links, prompt_id in enumerate(made.prompts, 60):
            session.get(Prompt, prompt_id).constraints = {"json_schema": doubling("allOf", links)}
        for response in session.exec(select(Response)):
            response.turns = [ANSWER]
        chosen = [evaluators.first_of(session, "json_schema")]
    monkeypatch.setattr(service, "_KEPT_EVERY_S", 0.5)
    seen = []
    monkeypatch.setattr(service.records, "save", lambda session, rows, over: seen.append(len(rows)) or len(rows))
    assert scoring.score_responses(sqlite_engine, [1, 2], evaluators=chosen, now=NOW) == 2
    assert seen == [1, 1]


def test_an_exception_of_the_work_is_raised_here():
    from core.services import apart

    with pytest.raises(BadInput, match="regular expression"):
        apart.call(evaluators.kind_named("regex").params.check, {"pattern": "("})
    with pytest.raises(ZeroDivisionError):
        apart.call(divmod, 1, 0)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(?:a|a)*b"])
def test_a_pattern_that_takes_forever_is_unscored(sqlite_engine, pattern):
    made = make_workspace(sqlite_engine, prompts=1, candidates=1, raters=0)
    with writing(sqlite_engine) as session:
        session.get(Prompt, made.prompts[0]).constraints = {"regex": pattern}
        session.exec(select(Response)).one().turns = ["a" * 200 + "!"]
        regex_id = evaluators.add(session, "regex", "by the prompt", {}, NOW).id
        chosen = [session.get(Evaluator, regex_id)]
    scoring.score_responses(sqlite_engine, [1], evaluators=chosen, now=NOW)
    (score,) = next(iter(scores(sqlite_engine).values()))
    assert score.applies and (score.value == 0.0 or "took" in score.reason)
