"""The demo's simulated raters: what they are shown of each run, and their votes as what they are."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session

from core import demo
from core.demo.simulate import Answers, RatedPair, simulated_votes
from core.demo.story import Round
from core.demo.taste import RECORDED, Answer, take_in
from core.demo.weeks import WrittenAnswer
from core.domain.lengths import count_words, length_bin
from core.domain.votes import OUTCOME_OF_WORD, reading_floor_ms
from core.services.demo.weekly_runs import Places, finished_at
from core.services.leaderboards import tallies
from core.services.studies import studies
from core.storage.tables import Person, Study, metadata

Texts = Mapping[tuple[Round, str, str], Sequence[str]]
"""(run, prompt's id, candidate) → the turns."""


def write_votes(
    session: Session, study: Study, written: Sequence[WrittenAnswer], now: datetime, *, rng: np.random.Generator
) -> None:
    """Let simulated raters vote on each run's answers, beside those that were recorded, and count their votes."""
    recorded = {(row["prompt_id"], row["candidate"]): _turns(row) for row in demo.records(demo.RESPONSES)}
    runs = list(dict.fromkeys(answer.of for answer in written))
    texts: dict[tuple[Round, str, str], Sequence[str]] = {
        (answer.of, answer.prompt_id, answer.candidate): answer.turns for answer in written
    }
    texts |= {(one, *place): turns for one in runs for place, turns in recorded.items()}
    rated = simulated_votes(_shown(written, recorded, runs), rng=rng)
    rows = _vote_rows(session, study, rated, texts, now)
    session.execute(sa.insert(metadata.tables["vote"]), rows)
    tallies.rebuild(session, study.id or 0)


def _turns(row: Mapping[str, Any]) -> list[str]:
    return list(row["turns"]) if "turns" in row else [row["text"]]


def _shown(
    written: Sequence[WrittenAnswer], recorded: Mapping[tuple[str, str], Sequence[str]], runs: Iterable[Round]
) -> dict[Round, Answers]:
    """Where only a category was asked, the recorded answers are not shown again."""
    prompts = {prompt["id"]: prompt for prompt in demo.records(demo.PROMPTS)}
    tiny = {
        (prompt, candidate): take_in(prompts[prompt], turns, candidate=candidate, quality=RECORDED)
        for (prompt, candidate), turns in recorded.items()
    }
    shown: dict[Round, dict[tuple[str, str], Answer]] = {
        one: dict(tiny) if one.category is None else {} for one in runs
    }
    for one in written:
        shown[one.of][one.prompt_id, one.candidate] = take_in(
            prompts[one.prompt_id], one.turns, candidate=one.candidate, quality=one.quality
        )
    return dict(shown)


def _vote_rows(
    session: Session, study: Study, rated: Sequence[RatedPair], texts: Texts, now: datetime
) -> list[dict[str, Any]]:
    assert study.id is not None and study.dataset_id is not None
    raters = _simulated_raters(session, sorted({pair.rater for pair in rated}), now)
    question = {question.key: question.id for question in studies.questions(session, study.id)}
    places = Places.of(session, study.dataset_id)
    words = {place: sum(map(count_words, turns)) for place, turns in texts.items()}
    rows: list[dict[str, Any]] = []
    for pair in rated:
        left, right = (words[pair.of, pair.prompt_id, side] for side in (pair.left, pair.right))
        shared = {
            "study_id": study.id,
            "prompt_id": places.prompts[pair.prompt_id],
            "rater_id": raters[pair.rater],
            "left_candidate_id": places.candidates[pair.left],
            "right_candidate_id": places.candidates[pair.right],
            "length_bin": length_bin(left, right),
            "too_fast": pair.time_on_pair_ms < reading_floor_ms(left + right),
            "time_on_pair_ms": pair.time_on_pair_ms,
            "created_at": finished_at(pair.of, now) + timedelta(seconds=pair.finished_after_s),
        }
        rows += [
            shared | {"question_id": question[key], "outcome": int(OUTCOME_OF_WORD[word])}
            for key, word in pair.outcomes.items()
        ]
    return rows


def _simulated_raters(session: Session, names: list[str], now: datetime) -> dict[str, int]:
    people = [Person(name=name, kind="simulated", created_at=now) for name in names]
    session.add_all(people)
    session.flush()
    return {person.name: person.id for person in people if person.id is not None}
