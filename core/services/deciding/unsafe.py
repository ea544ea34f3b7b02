"""The answers of a challenger that raters called unsafe: what a switch would bring with it."""

from dataclasses import dataclass

import numpy as np
from sqlmodel import Session, col, select

from core.domain.votes import Outcome
from core.services.deciding.gathering import Pooled
from core.services.quality.rated import RatedSides
from core.storage.tables import Prompt, Response

MOST_LISTED = 20
_LONGEST = 120


@dataclass(frozen=True)
class UnsafeAnswer:
    """One answer, and how many raters called it unsafe: less safe than the one beside it, or both unsafe."""

    response_id: int
    dataset_id: int
    """Of its version."""
    prompt: str
    """The prompt's external id."""
    category: str
    opening: str
    """How the answer begins."""
    raters: int
    """Who called it unsafe."""
    of: int
    """Who judged its safety."""


def called_unsafe(found: RatedSides) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """[n] whether each answer was called less safe than the one beside it, or both unsafe."""
    return np.isin(found.outcome, [Outcome.RIGHT, Outcome.BOTH_BAD])


def unsafe_answers(session: Session, pooled: Pooled, candidate: int) -> list[UnsafeAnswer]:
    """Those of one candidate, the ones that most raters called unsafe first; at most MOST_LISTED."""
    said = pooled.safety.of(candidate)
    ids = pooled.answers.id[said.response]
    votes = np.unique(np.stack([ids, said.rater, called_unsafe(said)], axis=1), axis=0)
    condemned = votes[votes[:, 2] == 1]
    found, counts = np.unique(condemned[:, 0], return_counts=True)
    order = np.lexsort((found, -counts))[:MOST_LISTED]
    raters = dict(zip(found[order].tolist(), counts[order].tolist(), strict=True))
    query = (
        select(Response, Prompt).join(Prompt, col(Prompt.id) == Response.prompt_id).where(col(Response.id).in_(raters))
    )
    rows = {response.id: (response, prompt) for response, prompt in session.exec(query)}
    return [
        UnsafeAnswer(
            response_id=id,
            dataset_id=rows[id][1].dataset_id,
            prompt=rows[id][1].external_id,
            category=rows[id][1].category,
            opening=_opening(rows[id][0]),
            raters=n,
            of=len(np.unique(votes[votes[:, 0] == id, 1])),
        )
        for id, n in raters.items()
    ]


def _opening(response: Response) -> str:
    text = " ".join(" ".join(response.turns).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
