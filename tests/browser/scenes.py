"""Workspaces to look at: empty, one candidate, sixty, odd names, unknown prices, a failed run, planted drift."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import select

from core import clock
from core.demo import DATASET_NAME
from core.services import deciding, routing, scoring
from core.services.deciding import taken
from core.services.demo.finishing import finish_demo
from core.services.demo.opening import prepare_workspace
from core.services.leaderboards import tallies, weighting
from core.services.studies import studies
from core.services.watching import drift
from core.storage.engine import reading, write, writing
from core.storage.tables import Attempt, Response, Run
from tests.browser import routing_scenes
from tests.decided import Planted, Production, plant, vote
from tests.drifting import Truth, Weeks, weeks
from tests.workspace import NOW

HOSTILE = "mistral-small <b>*x*</b> :red[hi] $1$ and a name that goes on, temperature 0.7, prompt of March"
NAMES = ("gpt-5-mini", "claude-haiku-4-5", HOSTILE, "local llama")
_THREE = {"A": Planted(0.9, 0.01), "B": Planted(0.9, 0.004), "C": Planted(0.6, 0.002)}


def empty(engine: Engine) -> None:
    """A workspace that somebody has just begun."""
    prepare_workspace(engine, demo=False, now=NOW)


def one(engine: Engine) -> None:
    """One candidate, answers without votes, no champion."""
    _run(engine, {"A": Planted(0.8)}, champion=None)


def three(engine: Engine) -> None:
    """A champion and two challengers, with votes."""
    _voted(engine, _run(engine, _THREE, prompts=120))


def many(engine: Engine) -> None:
    """Sixty candidates, the first of them the champion, three with votes."""
    sixty = {f"candidate {number:02d}": Planted(0.4 + number / 120, 0.001 * (1 + number % 9)) for number in range(60)}
    _voted(engine, _run(engine, sixty, prompts=40, champion="candidate 00"))


def hostile(engine: Engine) -> None:
    """Names of candidates and of the dataset that try to be markup."""
    names = (HOSTILE, "<script>alert(1)</script>", "`code` [link](https://example.org) | cell |")
    _voted(
        engine, _run(engine, dict(zip(names, _THREE.values(), strict=True)), champion=HOSTILE, dataset="*Set* $x$ <i>")
    )


def unpriced(engine: Engine) -> None:
    """Prices that nobody knows."""
    _voted(engine, _run(engine, {"A": Planted(0.9, None), "B": Planted(0.9, 0.004), "C": Planted(0.6, None)}))


def failed(engine: Engine) -> None:
    """A run in which every call was given up."""
    only_planted(engine)
    made = plant(engine, {"A": Planted(0.9), "B": Planted(0.0, asked=0.0)})
    with writing(engine) as session:
        run = Run(
            dataset_id=made.dataset, source="evaluation", state="stopped", created_at=NOW, planned=20, failed=20,
            attempts=20, candidate_ids=[made.candidates["B"]],
            problem="The endpoint refused the key (401). Check it on Candidates.",
        )  # fmt: skip
        session.add(run)
        session.flush()
        for prompt in made.prompts[:20]:
            session.add(
                Attempt(
                    run_id=run.id, prompt_id=prompt, candidate_id=made.candidates["B"], started_at=NOW,
                    finished_at=NOW, error_kind="auth", error_message="Incorrect API key", http_status=401,
                    is_last=True,
                )
            )  # fmt: skip


def routes_proposed(engine: Engine) -> None:
    """A routing table waits for somebody to decide on it."""
    only_planted(engine)
    routing_scenes.proposed(engine)


def routes_in_force(engine: Engine) -> None:
    """One that was accepted, and requests that were routed by it."""
    only_planted(engine)
    routing_scenes.in_force(engine)


def _run(engine: Engine, candidates: Mapping[str, Planted], **more: Any) -> Production:
    """Answers as planted, in a run that counts them as a real one does."""
    only_planted(engine)
    made = plant(engine, candidates, **more)
    with writing(engine) as session:
        run = session.exec(select(Run)).one()
        costs = session.exec(select(Response.cost_usd).where(Response.run_id == run.id)).all()
        run.candidate_ids = list(made.candidates.values())
        run.planned = run.responses = run.attempts = len(costs)
        run.cost_usd, run.unpriced = sum(cost or 0.0 for cost in costs), costs.count(None)
        run.started_at, run.finished_at = NOW - timedelta(minutes=9), NOW
    return made


def _voted(engine: Engine, made: Production) -> None:
    first, *others = list(made.candidates)[:3]
    for seed, (other, chance) in enumerate(zip(others, (0.9, 0.6), strict=True)):
        says: Mapping[str, tuple[float, float]] = {
            "tone": (0.7, chance - 0.2), "safety": (0.95, chance), "send": (0.9, chance),
        }  # fmt: skip
        vote(engine, made, (first, other), says, seed=seed)
    with writing(engine) as session:
        tallies.rebuild(session, studies.ensure_default(session, now=NOW).id or 0)
    weighting.refresh_all(engine, now=NOW)


def changed(engine: Engine) -> None:
    """A model that answers under another name and worse, a dearer and a slower one, after six quiet weeks."""
    made = _quiet(engine, 6)
    other = Truth(points=-0.3, category="coding", name="claude-haiku-4-5-20261101")
    for _ in range(2):
        _week(made, {NAMES[1]: other, HOSTILE: Truth(price=1.4), "local llama": Truth(latency=2.0, failures=0.15)})
    _spread(engine)


def calm(engine: Engine) -> None:
    """Eight weeks in which nothing changes."""
    _quiet(engine, 8)


def one_run(engine: Engine) -> None:
    """No baseline yet."""
    weeks(engine, names=NAMES, dataset="Weekly").run()


def many_weeks(engine: Engine) -> None:
    """Sixty candidates, one of which fell."""
    made = weeks(engine, names=[f"candidate {number:02d}" for number in range(60)], prompts=16)
    for _ in range(3):
        made.run()
    _week(made, {})
    _week(made, {"candidate 17": Truth(points=-0.5)})


def accepted(engine: Engine) -> None:
    """The demo after what it recommends was done: the routing table accepted, then the switch."""
    now = clock.now()
    prepare_workspace(engine, demo=True, now=now)
    scoring.ensure_defaults(engine, now=now)
    finish_demo(engine, now=now)
    routing.propose_due(engine, now=now)
    write(engine, lambda s: routing.decide(s, 1, is_accepted=True, why="As proven.", person_id=None, now=now))
    with reading(engine) as session:
        found = deciding.verdicts(session, DATASET_NAME)
    whole = found.of(None)
    assert whole is not None
    choice = deciding.choice_of(found, whole, is_accepted=True, why="Cheaper, and as good.")
    write(engine, lambda session: taken.take(session, choice, person_id=None, now=now))


SCENES: dict[str, Callable[[Engine], None]] = {
    scene.__name__: scene
    for scene in (
        empty,
        one,
        three,
        many,
        hostile,
        unpriced,
        failed,
        routes_proposed,
        routes_in_force,
        changed,
        calm,
        one_run,
        many_weeks,
        accepted,
    )
}


def only_planted(engine: Engine) -> None:
    """A new workspace whose usual evaluators rest, so that what was planted is all there is."""
    prepare_workspace(engine, demo=False, now=NOW)
    with engine.begin() as connection:
        for table in ("gate", "evaluator"):
            connection.execute(text(f"UPDATE {table} SET retired_at = created_at"))


def _spread(engine: Engine) -> None:
    """Have repetitions have been asked over the day."""
    spread = "UPDATE attempt SET started_at = datetime(started_at, '+' || (8 * repetition) || ' hours')"
    with engine.begin() as connection:
        connection.execute(text(spread))


def _quiet(engine: Engine, since: int) -> Weeks:
    made = weeks(engine, names=NAMES, prompts=48, categories=("support", "coding", "medical advice"))
    for _ in range(3):
        made.run()
    for _ in range(since):
        _week(made, {})
    return made


def _week(made: Weeks, truths: dict[str, Truth]) -> None:
    made.run(truths)
    drift.check_due(made.engine, now=made.now)
