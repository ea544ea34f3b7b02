"""Which response in scope a vote is about: the one that was shown, or one that says word for word the same."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlmodel import Session

from core.services.columns import places as places_among
from core.services.quality.gathering import Ids
from core.services.quality.judged import Judged
from core.storage.tables import metadata

UNKNOWN, AMBIGUOUS = 0, -1
_MOST_IDS = 10_000
_HASHED = 16
_response, _prompt = metadata.tables["response"], metadata.tables["prompt"]


def seconds(moment: Any) -> sa.ColumnElement[int]:
    """A moment as whole seconds."""
    return sa.cast(sa.extract("epoch", moment), sa.BigInteger)


def named(session: Session, prompt: Ids, candidate: Ids, at: Ids, up_to_run: int | None = None) -> Ids:
    """[n] ids of the responses that imported votes are about, by prompt, candidate and second; see ``rated_sides``.

    UNKNOWN where there is none, AMBIGUOUS where there are several texts.
    """
    runs = _by_run(session, np.unique(prompt), up_to_run)
    pairs = np.concatenate([runs[:, :2], np.stack([prompt, candidate], axis=1)])
    _, code = np.unique(pairs, axis=0, return_inverse=True)
    there, wanted = code[: len(runs)].reshape(-1), code[len(runs) :].reshape(-1)
    order = np.lexsort((runs[:, 2], runs[:, 3], there))
    there, runs = there[order], runs[order]
    if not len(runs):
        return np.full(len(prompt), UNKNOWN, dtype=np.int64)
    start = min(int(runs[:, 3].min()), int(at.min()))
    span = max(int(runs[:, 3].max()), int(at.max())) - start + 1
    place = np.searchsorted(there * span + runs[:, 3] - start, wanted * span + at - start, side="right") - 1
    first = np.minimum(np.searchsorted(there, wanted), len(there) - 1)
    place = np.where((place >= 0) & (there[place] == wanted), place, first)
    response = np.where(runs[place, 5] == 1, runs[place, 4], AMBIGUOUS)
    return np.where(there[place] == wanted, response, UNKNOWN).astype(np.int64)


def _by_run(session: Session, prompts: Ids, up_to_run: int | None) -> Ids:
    """[m, 6] prompt, candidate, run, second of its first answer, the answer's id, how many texts there are."""
    c = _response.c
    columns = (c.prompt_id, c.candidate_id, c.run_id)
    told = (seconds(sa.func.min(c.created_at)), sa.func.min(c.id), sa.func.count(c.content_hash.distinct()))
    query = sa.select(*columns, *told).group_by(*columns)
    query = query if up_to_run is None else query.where(c.run_id <= up_to_run)
    rows = [session.execute(query.where(c.prompt_id.in_(ids))).all() for ids in _chunks(prompts)]
    return np.array([tuple(row) for row in chain.from_iterable(rows)], dtype=np.int64).reshape(-1, 6)


def places(session: Session, found: Judged, response: Ids, taken: Ids) -> Ids:
    """[n] places in ``found.responses`` of the responses with these ids; −1 where none in scope says the same.

    ``taken``: ids, ascending, that are looked for themselves alone, since they count elsewhere.
    """
    place = _place(found, response)
    outside = np.setdiff1d(response[(place < 0) & (response > 0)], taken)
    if len(outside) and len(found.responses.id):
        twin = _twins(session, found, outside)
        at = np.minimum(np.searchsorted(outside, response), len(outside) - 1)
        place = np.where((place < 0) & (outside[at] == response), twin[at], place)
    return place


def _place(found: Judged, response: Ids) -> Ids:
    place, here = places_among(found.responses.id, response)
    return np.where(here, place, -1).astype(np.int64)


def _twins(session: Session, found: Judged, outside: Ids) -> Ids:
    """[n] the first place in scope of the same candidate's same text to a prompt of the same content, else −1."""
    contents = _contents(session, found.scope.dataset_id)
    theirs = _texts(session, _response.c.id, outside, contents)
    dataset = found.prompts.id[np.isin(found.prompts.id, contents.index[contents.isin(theirs["content"])])]
    mine = _texts(session, _response.c.prompt_id, dataset, contents)
    mine["place"] = _place(found, mine["id"].to_numpy(dtype=np.int64))
    same = ["content", "candidate", "text"]
    first = mine[mine["place"] >= 0].groupby(same, as_index=False)["place"].min()
    pairs = theirs.merge(first, on=same).set_index("id")["place"]
    return pairs.reindex(outside, fill_value=-1).to_numpy(dtype=np.int64)


def _contents(session: Session, dataset_id: int) -> "pd.Series[int]":
    """Prompt id → a code of its content, of the dataset's prompts and of those in others that have the same."""
    p = _prompt.c
    mine = sa.select(p.content_hash).where(p.dataset_id == dataset_id)
    rows = session.execute(sa.select(p.id, p.content_hash).where(p.content_hash.in_(mine))).all()
    codes, _ = pd.factorize(np.array([row.content_hash for row in rows], dtype=object))
    return pd.Series(codes, index=[row.id for row in rows], dtype=np.int64)


def _texts(session: Session, by: Any, ids: Ids, contents: "pd.Series[int]") -> pd.DataFrame:
    """Responses with what tells them apart: id, content of the prompt, candidate, and the text as a hash."""
    c = _response.c
    columns = (c.id, c.prompt_id, c.candidate_id, sa.func.substr(c.content_hash, 1, _HASHED))
    rows = [session.execute(sa.select(*columns).where(by.in_(some))).all() for some in _chunks(ids)]
    frame = pd.DataFrame(
        [tuple(row) for row in chain.from_iterable(rows)], columns=["id", "content", "candidate", "text"]
    )
    frame["content"] = contents.reindex(frame["content"], fill_value=-1).to_numpy()
    return frame[frame["content"] >= 0].reset_index(drop=True)


def _chunks(ids: Ids) -> Iterator[list[int]]:
    return (ids[start : start + _MOST_IDS].tolist() for start in range(0, len(ids), _MOST_IDS))
