"""Ten simulated productions through the app itself: pairs assigned, votes cast, figures read from `report --json`.

Each is one of ``benchmarks.production`` with 200 prompts × 2 and twelve raters who differ in leniency: its responses
and automatic verdicts stand in a database, raters get 600 pairs from ``assigning`` and answer through ``voting``. The
value is the share of the intervals (human share, cost per humanly acceptable response, of five candidates each) that
hold the truth. The same raters stand behind all five, so of ten productions one is missed by several at once every
other time: the goal is .85 here, and .93 in ``human_coverage`` over thousands.
"""

import json
import os
import random
import tempfile
from datetime import UTC, datetime, timedelta

import numpy as np
import sqlalchemy as sa
from scipy.special import expit
from sqlalchemy import Engine
from sqlmodel import Session
from typer.testing import CliRunner

from benchmarks.production import LEVELS, SIDE, Units, World
from core.cli import app
from core.domain.votes import Outcome
from core.errors import NothingToRate
from core.services import scoring
from core.services.scoring import evaluators
from core.services.studies import assigning, studies, voting
from core.settings import get_settings
from core.storage.engine import get_engine, write, writing
from core.storage.schema import upgrade
from core.storage.tables import Candidate, Dataset, Gate, Person, Prompt, Response, Run, Score

REPLICATIONS, RATERS, VOTES, GOAL = 10, 12, 600, 0.85
_NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def run() -> dict:
    """The share of intervals that hold the truth, with both shares apart."""
    world = World(raters=RATERS, votes=VOTES)
    held = np.array([_replication(world, number) for number in range(REPLICATIONS)])
    share, cost = held.mean(axis=(0, 2))
    value = round(float(held.mean()), 3)
    detail = {"share": round(float(share), 3), "cost": round(float(cost), 3), "intervals": int(held.size)}
    return {"name": "human_report", "value": value, "goal": f">= {GOAL}", "met": value >= GOAL, "detail": detail}


def _replication(world: World, number: int) -> np.ndarray:
    """[share and cost, candidates] whether the reported interval holds what is true."""
    rng = np.random.default_rng([11, number])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EVENHAND_DATABASE_URL"] = f"sqlite:///{folder}/evenhand.db"
        get_settings.cache_clear()
        get_engine.cache_clear()
        engine = get_engine()
        upgrade(engine)
        _rate(engine, world, rng)
        found = json.loads(CliRunner().invoke(app, ["report", "--json"]).stdout)
        engine.dispose()
    return _held(world, found)


def _rate(engine: Engine, world: World, rng: np.random.Generator) -> None:
    units = world.units(rng, world.prompts)
    automatic = rng.random(units.quality.shape) < expit(world.sharpness * units.quality)
    likes = rng.normal(0, world.leniency, world.raters)
    scoring.ensure_defaults(engine, now=_NOW)
    with writing(engine) as session:
        place, people, study, question = _made(session, units, automatic, world.raters)
    share = rng.lognormal(0, world.activity, world.raters)
    who = rng.choice(world.raters, world.votes, p=share / share.sum())
    drawing = random.Random(int(rng.integers(2**31)))
    for vote, rater in enumerate(who):
        now = _NOW + timedelta(minutes=vote)
        try:
            given = write(
                engine,
                lambda session, rater=rater, now=now: assigning.current(
                    session, study_id=study, rater_id=people[rater], now=now, rng=drawing
                ),
            )
        except NothingToRate:
            continue
        left, right = place[given.left_response_id], place[given.right_response_id]
        sends = [
            rng.random() < expit(units.quality[own] + likes[rater] + SIDE * (LEVELS[own[0]] - LEVELS[other[0]]))
            for own, other in ((left, right), (right, left))
        ]
        said = {(True, False): Outcome.LEFT, (False, True): Outcome.RIGHT, (True, True): Outcome.TIE}
        outcome = said.get((bool(sends[0]), bool(sends[1])), Outcome.BOTH_BAD)
        voting.cast(
            engine, public_id=given.public_id, rater_id=people[rater], question_id=question, outcome=outcome, now=now
        )


def _made(session: Session, units: Units, automatic: np.ndarray, raters: int) -> tuple[dict, list[int], int, int]:
    """A workspace with these responses; of each response's id candidate and place, the raters, study and question."""
    dataset = Dataset(name="Production", content_hash="production", created_at=_NOW)
    candidates = [Candidate(name=f"c{n}", settings={}, position=n, created_at=_NOW) for n in range(len(LEVELS))]
    people = [Person(name=f"rater {n}", created_at=_NOW) for n in range(raters)]
    session.add_all([dataset, *candidates, *people])
    session.flush()
    run = Run(dataset_id=dataset.id, source="import", created_at=_NOW)
    prompts = [
        Prompt(
            dataset_id=dataset.id, external_id=f"p{n}", category=f"k{n % 8}", tags=[], content_hash=f"p{n}",
            messages=[{"role": "user", "content": f"Question {n}?"}],
        )
        for n in range(int(units.prompt.max()) + 1)
    ]  # fmt: skip
    session.add_all([run, *prompts])
    session.flush()
    rows, places = [], []
    seen: dict[tuple[int, int], int] = {}
    for candidate, row in enumerate(candidates):
        for unit, prompt in enumerate(units.prompt.tolist()):
            repetition = seen[candidate, prompt] = seen.get((candidate, prompt), -1) + 1
            shown = bool(units.shown[candidate, unit])
            rows.append(
                {
                    "run_id": run.id, "prompt_id": prompts[prompt].id, "candidate_id": row.id,
                    "repetition": repetition, "turns": [f"Answer {unit} of {candidate}."] if shown else [""],
                    "words": 4 if shown else 0, "content_hash": f"{candidate}-{unit}", "finish_reason": "stop",
                    "cost_usd": float(units.paid_usd[candidate, unit]), "created_at": _NOW,
                }
            )  # fmt: skip
            places.append((candidate, unit))
    ids = list(
        session.execute(sa.insert(Response).returning(Response.id, sort_by_parameter_order=True), rows).scalars()
    )
    _gate(session, dataset.id or 0, ids, [bool(automatic[place]) for place in places])
    send = [text for text in studies.DEFAULT_QUESTIONS if text.key == "send"]
    study = studies.create(session, name="Send", now=_NOW, overlap=2, questions=send)
    study.state = "open"
    (question,) = studies.questions(session, study.id or 0)
    place = dict(zip(ids, places, strict=True))
    return place, [person.id or 0 for person in people], study.id or 0, question.id or 0


def _gate(session: Session, dataset_id: int, ids: list[int], passes: list[bool]) -> None:
    """The verdict of one gate on every response, and no other gate."""
    checked = evaluators.add(session, "exact_match", "checked", {}, _NOW)
    session.execute(sa.update(Gate).values(retired_at=_NOW))
    session.add(Gate(dataset_id=dataset_id, evaluator_id=checked.id, at_least=1.0, created_at=_NOW))
    kept = {"evaluator_id": checked.id, "scored_at": _NOW}
    session.execute(
        sa.insert(Score),
        [{"response_id": id, "value": float(good), **kept} for id, good in zip(ids, passes, strict=True)],
    )


def _held(world: World, found: dict) -> list[list[bool]]:
    """Of share and of cost, whether the interval of each candidate holds what is true."""
    held: list[list[bool]] = [[], []]
    for line in found["candidates"]:
        if line["category"] is not None:
            continue
        candidate = int(line["candidate"][1:])
        assert line["humanly_acceptable"]["rests"] == "votes", "too few pairs came to the raters"
        share = world.share(candidate)
        truths = (share, world.mean_cost(candidate) / share)
        for which, truth in enumerate(truths):
            interval = line[("humanly_acceptable", "cost_per_humanly_acceptable_usd")[which]]
            above = interval["upper"] is None or truth <= interval["upper"]
            held[which].append(bool(interval["lower"] is not None and interval["lower"] <= truth and above))
    return held
