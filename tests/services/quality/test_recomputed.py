"""Every figure of the report equals one computed anew from the facts that the command line exports."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from core.domain.votes import Outcome
from core.services.quality import Scope, report
from core.services.quality.text import report_rows
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, Response
from tests.evaluated import Evaluated
from tests.services.quality.exported import facts, held_against, printed
from tests.services.quality.recomputed import KEY, SENDS, sides
from tests.voted import Voted

CANDIDATES = ("Champion", "Rival", "Third", "Failing", "Unpriced")
GATES = (
    "Contains the reference",
    "Right number",
    "Valid JSON",
    "JSON of the right shape",
    "Word limit",
    "Character limit",
)
CHATS, FACTS_ASKED, RATERS = 40, 20, 7


def plant(session: Any) -> None:
    """Two categories, one of which no gate applies to; a failing candidate, one without a price, a slice at the end."""
    rng, made = np.random.default_rng(11), Evaluated(session)
    for number in range(CHATS):
        made.prompt(f"chat{number}", "chat")
    for number in range(FACTS_ASKED):
        made.prompt(f"fact{number}", "facts", reference=["Lima"])
    for name in CANDIDATES:
        made.candidate(name)
    session.get_one(Candidate, made.candidates["Champion"]).is_champion = True
    run, responses = made.run(), {}
    for candidate in CANDIDATES:
        for prompt in made.prompts:
            responses[candidate, prompt] = unit(made, run, candidate, prompt, rng)
    votes = Voted(made)
    for prompt in made.prompts:
        for one, other in (("Champion", "Rival"), ("Third", "Champion"), ("Rival", "Third"), ("Champion", "Unpriced")):
            for rater in rng.choice(RATERS, size=rng.integers(1, 3), replace=False):
                sides = responses[one, prompt], responses[other, prompt]
                drawn = {"probability": float(rng.uniform(0.1, 0.9)), "too_fast": bool(rng.random() < 0.1)}
                votes.vote(f"Rater {rater}", *sides, said_of(session, sides, rng), **drawn)
    for number in range(5):
        gone = {"error_kind": "timeout", "cost_usd": 0.001, "latency_ms": 900.0 + 100 * number, "is_last": True}
        made.attempts(run, "Third", f"chat{number}", [gone], repetition=1)
    newer = made.run()
    for number in range(5):
        made.attempts(newer, "Champion", f"chat{number}", [{"cost_usd": 0.004, "latency_ms": 200.0}])
        made.response(newer, "Champion", f"chat{number}", "Something else now.", cost_usd=0.004, latency_ms=200.0)


def said_of(session: Any, sides: tuple[int, int], rng: np.random.Generator) -> Outcome:
    """Mostly that what is right would be sent, so that the gate tells something of it."""
    would = [
        rng.random() < (0.2 if "Quito" in session.get_one(Response, side).turns[0] else 0.9) for side in sides
    ]  # fmt: skip
    return next(outcome for outcome in Outcome if SENDS[outcome.name.lower()] == tuple(map(float, would)))


def unit(made: Evaluated, run: int, candidate: str, prompt: str, rng: np.random.Generator) -> int:
    """One response, or for the failing candidate none."""
    if candidate == "Failing":
        gone = {"error_kind": "server_error", "cost_usd": 0.001, "latency_ms": 50.0}
        made.attempts(run, candidate, prompt, [gone, {**gone, "is_last": True}])
        return 0
    cost = None if candidate == "Unpriced" else float(rng.lognormal(-6, 0.4))
    latency = float(rng.lognormal(7, 0.5))
    times = {"latency_ms": latency, "ttft_ms": latency * float(rng.uniform(0.1, 0.3))}
    known = {**times, "input_tokens": int(rng.integers(5, 50)), "output_tokens": 7}
    wasted = [{"error_kind": "overload", "cost_usd": 0.0005}] if rng.random() < 0.2 and cost else []
    made.attempts(run, candidate, prompt, [*wasted, {"cost_usd": cost, "latency_ms": known["latency_ms"]}])
    paid = None if cost is None else cost + sum(each["cost_usd"] for each in wasted)
    word = "It is Lima." if rng.random() < 0.7 else "It is Quito, I am sure of that."
    text = word if prompt.startswith("fact") else f"{candidate} answers {prompt} at length, and gladly so."
    ending = "length" if rng.random() < 0.1 else "stop"
    return made.response(run, candidate, prompt, text, cost_usd=paid, finish_reason=ending, **known)


@pytest.fixture
def production(workspace: Engine) -> None:
    with writing(workspace) as session:
        plant(session)


def test_every_figure_equals_one_computed_anew_from_the_exported_facts(production: None) -> None:
    (report,) = printed("report", "--json")
    exported = facts(GATES)
    by_place = held_against(report, exported)
    assert report["scope"]["send_answers"] == len(sides(exported.votes).merge(exported.responses[KEY], on=KEY))
    assert report["scope"]["prompts"] == len(exported.categories)
    assert len(by_place) == len(CANDIDATES) * 3
    chat = by_place["Rival", "chat"]
    assert (chat["humanly_acceptable"]["rests"], chat["unchecked"]) == ("votes", CHATS), "the recomputation bites"
    assert by_place["Champion", None]["humanly_acceptable"]["gain"] != 1.0, "the signal is used"


def test_what_cannot_be_said_is_said_and_a_later_slice_brings_no_votes_along(
    production: None, workspace: Engine
) -> None:
    (told,) = printed("report", "--json")
    lines = {(line["candidate"], line["category"]): line for line in told["candidates"]}
    nothing = {"value": None, "lower": None, "upper": None}
    failing, unpriced = lines["Failing", None], lines["Unpriced", None]
    assert (failing["responses"], failing["errors"], failing["acceptable"]["value"]) == (0, CHATS + FACTS_ASKED, 0.0)
    assert failing["cost_per_acceptable_usd"]["value"] is None, "none acceptable: a cost of none"
    assert (failing["average_quality"], failing["cost_per_quality_point_usd"]) == (None, None)
    assert failing["humanly_acceptable"]["rests"] == "automatic"
    assert unpriced["cost_per_humanly_acceptable_usd"] == unpriced["cost_per_acceptable_usd"] == nothing
    assert unpriced["humanly_acceptable"]["value"] is not None, "what experts would send has no price"
    with reading(workspace) as session:
        rows = {(row["candidate"], row["category"]): row for row in report_rows(report(session, Scope(1)))}
    assert rows["Failing", None]["cost_per_acceptable"] == "none"
    assert rows["Failing", None]["cost_per_quality_point"] == "none"
    assert rows["Unpriced", None]["cost_per_humanly_acceptable"] == "unknown"
    assert rows["Champion", "facts"]["humanly_acceptable_rests"] == "automatic"
    assert rows["Champion", "chat"]["acceptable_where_checked"] is None
    assert_the_slice_brought_no_votes(lines)


def assert_the_slice_brought_no_votes(lines: dict[tuple[str, str | None], dict[str, Any]]) -> None:
    champion = lines["Champion", "chat"]
    assert champion["responses"] == CHATS
    assert champion["humanly_acceptable"]["rated"] <= CHATS - 5, "nobody has seen the five new answers"
    assert lines["Rival", "chat"]["humanly_acceptable"]["rated"] > CHATS - 10
