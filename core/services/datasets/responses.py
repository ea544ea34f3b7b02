"""The responses explorer, for analysts alone: datasets and prompts to choose, and what every candidate answered."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.errors import NotFound
from core.services.datasets.answered import newest_answered
from core.storage.tables import Candidate, Dataset, Prompt, Response, Run, metadata

MOST_PROMPTS = 500
_SEARCHED = 20_000
_OPENING = 90
LARGEST_ID = 2**63 - 1
"""More than that no database here counts to."""
IMPORTED = "import"


@dataclass(frozen=True)
class DatasetRef:
    """A dataset to choose."""

    id: int
    label: str
    """Its name, and its version where it is not the first."""


@dataclass(frozen=True)
class PromptRef:
    """A prompt to choose."""

    id: int
    external_id: str
    category: str
    opening: str
    """How its first user turn begins, empty where its text is not known."""


@dataclass(frozen=True)
class ShownResponse:
    """What a candidate answered, unblinded. None: not known."""

    candidate_id: int
    candidate: str
    position: int
    is_champion: bool
    response: Response
    run_at: datetime
    """When its run began to be."""
    is_imported: bool


@dataclass(frozen=True)
class Whereabouts:
    """Where a response stands."""

    response_id: int
    dataset_id: int
    dataset: str
    """The label of its version."""
    prompt_id: int
    prompt: str
    """The prompt's external id."""
    category: str
    candidate_id: int
    run_id: int
    is_imported: bool


def datasets(session: Session) -> list[DatasetRef]:
    """Every dataset. The first is the one that somebody means who names none, never an empty one beside an answered.

    Answered ones come first, of these the team's own before the demo, and then the one with the newest responses.
    """
    answered = newest_answered(session)
    found = sorted(
        session.exec(select(Dataset)),
        key=lambda d: (d.id in answered, not d.is_demo, answered.get(d.id or 0, 0), d.id or 0),
        reverse=True,
    )
    return [DatasetRef(d.id or 0, d.label) for d in found]


def names(session: Session) -> dict[str, list[int]]:
    """Name → the ids of its versions, the newest first; names in the order of ``datasets``."""
    of = {d.id: d for d in session.exec(select(Dataset))}
    found: dict[str, list[int]] = {}
    for ref in datasets(session):
        found.setdefault(of[ref.id].name, []).append(ref.id)
    return {name: sorted(ids, reverse=True) for name, ids in found.items()}


def categories(session: Session, dataset_id: int) -> list[str]:
    """The categories of the dataset's prompts, by the alphabet."""
    query = select(Prompt.category).where(Prompt.dataset_id == dataset_id).distinct()
    return list(session.exec(query.order_by(Prompt.category)))


def prompts(
    session: Session, dataset_id: int, *, category: str | None = None, search: str = ""
) -> tuple[list[PromptRef], bool]:
    """The prompts that match, at most MOST_PROMPTS, and whether there are more.

    ``search``: words of a turn, or of the prompt's id; capitals do not matter.
    """
    p = metadata.tables["prompt"].c
    query = sa.select(p.id, p.external_id, p.category, p.messages).where(p.dataset_id == dataset_id)
    if category is not None:
        query = query.where(p.category == category)
    wanted = " ".join(search.split())
    for word in filter(str.isascii, wanted.split()):
        in_text = sa.cast(p.messages, sa.Text).icontains(json.dumps(word)[1:-1], autoescape=True)
        query = query.where(in_text | p.external_id.icontains(word, autoescape=True))
    found: list[PromptRef] = []
    for row in session.execute(query.order_by(p.id).limit(_SEARCHED)):
        if _matches(wanted.casefold(), row.external_id, row.messages):
            if len(found) == MOST_PROMPTS:
                return found, True
            found.append(PromptRef(row.id, row.external_id, row.category, _opening(row.messages)))
    return found, False


def _matches(wanted: str, external_id: str, messages: Iterable[dict[str, str]]) -> bool:
    texts = (external_id, *(message.get("content", "") for message in messages))
    return not wanted or any(wanted in " ".join(text.split()).casefold() for text in texts)


def _opening(messages: Iterable[dict[str, str]]) -> str:
    text = next((message.get("content", "") for message in messages if message.get("role") == "user"), "")
    text = " ".join(text.split())
    return text if len(text) <= _OPENING else f"{text[:_OPENING].rstrip()} …"


def find_prompt(session: Session, dataset_id: int, external_id: str) -> PromptRef | None:
    """The dataset's prompt with that id of its own, None where there is none."""
    found = session.exec(
        select(Prompt).where(Prompt.dataset_id == dataset_id, Prompt.external_id == external_id)
    ).first()
    if found is None:
        return None
    return PromptRef(found.id or 0, found.external_id, found.category, _opening(found.messages))


def prompt(session: Session, prompt_id: int) -> Prompt:
    """The prompt with that id."""
    found = session.get(Prompt, prompt_id)
    if found is None:
        raise NotFound("That prompt does not exist any more. Choose another one.")
    return found


def whereabouts(session: Session, response_id: int) -> Whereabouts | None:
    """Where to find a response; None where there is none of that id (any more)."""
    if not 0 < response_id <= LARGEST_ID:
        return None
    query = (
        select(Prompt, Dataset, Run, Response.candidate_id)
        .join(Response, col(Response.prompt_id) == Prompt.id)
        .join(Dataset, col(Dataset.id) == Prompt.dataset_id)
        .join(Run, col(Run.id) == Response.run_id)
        .where(Response.id == response_id)
    )
    row = session.exec(query).first()
    if row is None:
        return None
    prompt, dataset, run, candidate_id = row
    return Whereabouts(
        response_id=response_id,
        dataset_id=dataset.id or 0,
        dataset=dataset.label,
        prompt_id=prompt.id or 0,
        prompt=prompt.external_id,
        category=prompt.category,
        candidate_id=candidate_id,
        run_id=run.id or 0,
        is_imported=run.source == IMPORTED,
    )


def of_prompt(session: Session, prompt_id: int) -> list[ShownResponse]:
    """Every response to a prompt, in the order in which the candidates came, repetitions together."""
    query = (
        select(Candidate, Response, Run)
        .join(Response, col(Response.candidate_id) == Candidate.id)
        .join(Run, col(Run.id) == Response.run_id)
        .where(Response.prompt_id == prompt_id)
        .order_by(col(Candidate.position), col(Candidate.id), col(Response.run_id), col(Response.repetition))
    )
    return [
        ShownResponse(
            candidate_id=candidate.id or 0,
            candidate=candidate.name,
            position=candidate.position,
            is_champion=candidate.is_champion,
            response=response,
            run_at=run.created_at,
            is_imported=run.source == IMPORTED,
        )
        for candidate, response, run in session.exec(query)
    ]
