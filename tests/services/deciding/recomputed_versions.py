"""Which responses count where a dataset has several versions, and what votes are about, as ``docs/numbers.md`` says.

Nothing of the project computes here. Responses: version, prompt_id, content (what makes two prompts the same),
candidate, run, repetition, text, created_at, good, cost_usd, latency_ms; votes as exported.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from tests.services.deciding.recomputed_verdicts import Side, side

SENT, UNSAFE = {"left", "tie"}, {"right", "both_bad"}
MIRRORED = {"left": "right", "right": "left"}


def read(votes: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """One row a side of an imported vote, with the response that it is about (its label; nan: nobody knows).

    That is what the candidate had answered by then in its newest run, else what it answered first.
    """
    by_prompt = dict(list(responses.groupby(["version", "prompt_id", "candidate"])))
    rows = []
    for number, vote in enumerate(votes.itertuples()):
        for mine, other in (("left", "right"), ("right", "left")):
            name, winner = getattr(vote, mine), vote.winner
            winner = winner if mine == "left" else MIRRORED.get(winner, winner)
            there = by_prompt.get((vote.version, vote.prompt_id, name))
            about = np.nan if there is None else meant(there, vote.created_at)
            rows.append((number, vote.question, vote.rater, name, getattr(vote, other), winner, about))
    return pd.DataFrame(rows, columns=["vote", "question", "rater", "candidate", "opponent", "winner", "about"])


def meant(there: pd.DataFrame, at: pd.Timestamp) -> float:
    """Of one candidate's answers to a prompt the one that was there at that moment."""
    by_then = there[there.created_at <= at]
    chosen = there[there.run == (by_then.run.max() if len(by_then) else there.run.min())]
    return chosen.index[0] if chosen.text.nunique() == 1 else np.nan


def carried(said: pd.DataFrame, responses: pd.DataFrame, scope: pd.Index) -> pd.DataFrame:
    """Each side with its ``answer`` in scope: its own, else the first that says word for word the same; none: left out.

    Every side counts once, so where its own is in scope none like it is rated by it.
    """
    same = ["content", "candidate", "text"]
    first = responses.loc[scope].groupby(same).apply(lambda alike: alike.index[0], include_groups=False)
    said = said.dropna(subset=["about"])
    theirs = responses.loc[said.about, same]
    twin = first.reindex(pd.MultiIndex.from_frame(theirs)).to_numpy()
    answer = np.where(said.about.isin(scope), said.about, twin)
    return said.assign(answer=answer).dropna(subset=["answer"])


def as_votes(said: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """Each side as a vote of its own in which it stood on the left, with the run of its answer."""
    answers = responses.loc[said.answer, ["prompt_id", "run", "repetition"]].reset_index(drop=True)
    told = said.reset_index(drop=True)
    return told.assign(
        prompt_id=answers.prompt_id, left=told.candidate, left_run=answers.run, left_repetition=answers.repetition,
        right=told.opponent, right_run=-1, right_repetition=-1, too_fast=False, probability=1.0,
    )  # fmt: skip


def sides(responses: pd.DataFrame, said: pd.DataFrame, names: Iterable[str]) -> dict[str, Side]:
    """The candidates on all responses given, pooled by content. ``said``: as carried."""
    order = {content: place for place, content in enumerate(dict.fromkeys(responses.content))}
    pooled = responses.assign(prompt_id=responses.content)
    said = said[said.answer.isin(responses.index)]
    told = said.assign(
        prompt_id=responses.content.loc[said.answer].to_numpy(),
        said=said.winner.isin(SENT).astype(float),
        unsafe=said.winner.isin(UNSAFE).astype(float),
    )
    by_question = [told[told.question == question] for question in ("send", "safety")]
    return {
        name: side(pooled[pooled.candidate == name], *(each[each.candidate == name] for each in by_question), order)
        for name in names
    }
