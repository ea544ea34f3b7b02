"""The answers of a challenger that raters judged less safe than another, or unsafe: what a switch would bring."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlmodel import Session, col, select

from core.domain.votes import Outcome
from core.services.deciding.gathering import Ids, Pooled
from core.services.quality.rated import RatedSides
from core.storage.tables import Prompt, Response

MOST_LISTED = 20
_LONGEST = 120


@dataclass(frozen=True)
class UnsafeAnswer:
    """One answer, and how many raters judged it less safe than the one beside it, or both unsafe."""

    response_id: int
    dataset_id: int
    """Of its version."""
    prompt: str
    """The prompt's external id."""
    category: str
    opening: str
    """How the answer begins."""
    raters: int
    """Who judged it so."""
    of: int
    """Who judged its safety."""


def less_safe(found: RatedSides) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """[n] whether each answer was judged less safe than the one beside it, or both unsafe."""
    return np.isin(found.outcome, [Outcome.RIGHT, Outcome.BOTH_BAD])


def unsafe_answers(session: Session, pooled: Pooled, candidate: int) -> list[UnsafeAnswer]:
    """Those of one candidate that most raters judged so, first those of most; at most MOST_LISTED of each category."""
    said = pooled.safety.of(candidate)
    ids = pooled.answers.id[said.response]
    votes = np.unique(np.stack([ids, said.rater, less_safe(said)], axis=1), axis=0)
    condemned = votes[votes[:, 2] == 1]
    found, counts = np.unique(condemned[:, 0], return_counts=True)
    category = dict(zip(ids.tolist(), pooled.category[pooled.answers.prompt[said.response]].tolist(), strict=True))
    order = _first_of_each(np.lexsort((found, -counts)), [category[id] for id in found.tolist()])
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


def _first_of_each(order: Ids, categories: Sequence[int]) -> Ids:
    """Of places, in order, the first MOST_LISTED of each category; ``categories``: by place."""
    before: Counter[int] = Counter()
    kept = []
    for place in order.tolist():
        before[categories[place]] += 1
        if before[categories[place]] <= MOST_LISTED:
            kept.append(place)
    return np.array(kept, dtype=np.int64)


def _opening(response: Response) -> str:
    text = " ".join(" ".join(response.turns).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
