"""Ordering an evaluation: what is asked for, checked against what there is, and queued as a run."""

import hashlib
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.errors import BadInput, NotFound
from core.providers.presets import endpoints_of, request_of
from core.services import prices
from core.services.asking.asking import DEADLINE_S
from core.services.asking.conversation import asked_at
from core.services.asking.process_name import me
from core.storage.tables import Candidate, Dataset, Prompt, Run

DEFAULT_CONCURRENCY = 32
MOST_CONCURRENCY = 1024
MOST_REPETITIONS = 1000
MOST_UNITS = 100_000_000
LONGEST_DEADLINE_S = 3600.0


@dataclass(frozen=True)
class RunOrder:
    """An evaluation to be run. ``prompt_ids`` None: every prompt of the dataset that asks something."""

    dataset_id: int
    candidate_ids: Sequence[int]
    prompt_ids: Sequence[int] | None = None
    repetitions: int = 1
    spread_s: Sequence[float] | None = None
    """When each repetition may begin, in seconds after the start, one each; None: all at once."""
    max_usd: float | None = None
    """Stop before spending more."""
    concurrency: int | None = None
    """Requests in flight at most at one endpoint."""
    deadline_s: float = DEADLINE_S
    """For all attempts of one turn."""
    seed: int | None = None
    """Of the order; None draws one."""
    requested_by_id: int | None = None


def plan(session: Session, order: RunOrder, *, now: datetime, for_here: bool = False) -> Run:
    """Queue ``order`` as a run (state ``queued``), for a worker or ``carry_out``. Raises BadInput.

    ``for_here``: this process will carry it out itself, and no worker is to take it first (state ``running``, claimed).
    """
    candidates = check(session, order, now=now)
    ids, asks_all = _prompts_to_ask(session, order)
    planned = len(candidates) * len(ids) * order.repetitions
    if planned > MOST_UNITS:
        raise BadInput(
            f"That would be {planned:,} responses; one run takes {MOST_UNITS:,} at most. Choose fewer prompts."
        )
    run = Run(
        dataset_id=order.dataset_id,
        source="evaluation",
        state="running" if for_here else "queued",
        worker=me() if for_here else None,
        heartbeat_at=now if for_here else None,
        candidate_ids=[candidate.id for candidate in candidates if candidate.id is not None],
        prompt_ids=None if asks_all else ids,
        repetitions=order.repetitions,
        spread_s=None if order.spread_s is None else [float(wait_s) for wait_s in order.spread_s],
        max_usd=order.max_usd,
        concurrency=order.concurrency,
        deadline_s=order.deadline_s,
        seed=secrets.randbelow(2**31) if order.seed is None else order.seed,
        planned=planned,
        requested_by_id=order.requested_by_id,
        created_at=now,
    )
    session.add(run)
    session.flush()
    return run


def check(session: Session, order: RunOrder, *, now: datetime) -> list[Candidate]:
    """The candidates of an order that can be carried out. Raises BadInput, naming what is wrong with another."""
    _check_numbers(order)
    candidates = chosen_candidates(session, order)
    if order.max_usd is not None:
        check_prices(session, candidates, now)
    return candidates


def chosen_candidates(session: Session, order: RunOrder) -> list[Candidate]:
    """The order's candidates, each once, in the order given. BadInput for what cannot be asked."""
    wanted = list(dict.fromkeys(order.candidate_ids))
    if not wanted:
        raise BadInput("No candidate is chosen. Choose at least one to run.")
    found = {each.id: each for each in session.exec(select(Candidate).where(col(Candidate.id).in_(wanted)))}
    for wanted_id in wanted:
        if wanted_id not in found:
            raise NotFound(f"There is no candidate with the id {wanted_id}.")
    candidates = [found[wanted_id] for wanted_id in wanted]
    for candidate in candidates:
        _check_candidate(candidate)
    return candidates


def _check_candidate(candidate: Candidate) -> None:
    if candidate.is_retired:
        raise BadInput(f"The candidate '{candidate.name}' is retired. Leave it out, or bring it back on Candidates.")
    if not candidate.provider or not candidate.model:
        raise BadInput(
            f"The candidate '{candidate.name}' is only a name so far: it has no provider and model to ask. "
            "Define them on Candidates, or import it with `evenhand import candidates`."
        )
    try:
        endpoints_of(candidate.provider, candidate.model, candidate.settings)
        request_of(candidate.settings, [])
    except BadInput as error:
        raise BadInput(f"The candidate '{candidate.name}' cannot be asked: {error}") from error


def check_prices(session: Session, candidates: Sequence[Candidate], now: datetime) -> None:
    """Raise BadInput where the price of a candidate is not known, so that no spending cap could be kept."""
    entered = prices.overrides(session)
    for candidate in candidates:
        if prices.rates_among(entered, candidate, at=now) is None:
            raise BadInput(
                f"The price of '{candidate.name}' (model {candidate.model}) is not known, so a spending cap cannot be "
                "kept. Enter its price on Candidates, or run without a cap."
            )


def _check_numbers(order: RunOrder) -> None:
    if not 1 <= order.repetitions <= MOST_REPETITIONS:
        raise BadInput(f"Repetitions must be between 1 and {MOST_REPETITIONS}, not {order.repetitions}.")
    if order.max_usd is not None and not (math.isfinite(order.max_usd) and order.max_usd > 0):
        raise BadInput(f"The spending cap must be more than 0 USD, not {order.max_usd}.")
    if order.concurrency is not None and not 1 <= order.concurrency <= MOST_CONCURRENCY:
        raise BadInput(f"The concurrency must be between 1 and {MOST_CONCURRENCY}, not {order.concurrency}.")
    if not 0 < order.deadline_s <= LONGEST_DEADLINE_S:
        raise BadInput(f"The deadline must be more than 0 and at most {LONGEST_DEADLINE_S:.0f} s.")
    waits = order.spread_s
    if waits is None:
        return
    if len(waits) != order.repetitions:
        raise BadInput(f"{order.repetitions} repetitions need as many starting times, not {len(waits)}.")
    if any(not math.isfinite(wait_s) or wait_s < 0 for wait_s in waits) or list(waits) != sorted(waits):
        raise BadInput("The repetitions' starting times must be seconds from 0 on, in rising order.")


def _prompts_to_ask(session: Session, order: RunOrder) -> tuple[list[int], bool]:
    """Ids of the prompts, in the dataset's order, and whether these are all that it has."""
    ids: list[int] = []
    there = 0
    for prompt in prompts_of(session, order):
        there += 1
        if asked_at(prompt.messages):
            assert prompt.id is not None
            ids.append(prompt.id)
        elif order.prompt_ids is not None:
            raise BadInput(f"The prompt '{prompt.external_id}' has no user's message for a candidate to answer.")
    if not ids:
        raise BadInput("None of these prompts has a user's message for a candidate to answer. Import prompts first.")
    return ids, order.prompt_ids is None and len(ids) == there


def prompts_of(session: Session, order: RunOrder) -> Sequence[Prompt]:
    """The order's prompts, by id. BadInput where there is no such dataset, or a prompt is not one of it."""
    dataset = session.get(Dataset, order.dataset_id)
    if dataset is None:
        raise NotFound(f"There is no dataset with the id {order.dataset_id}.")
    query = select(Prompt).where(Prompt.dataset_id == order.dataset_id).order_by(col(Prompt.id))
    if order.prompt_ids is None:
        return session.exec(query).all()
    wanted = set(order.prompt_ids)
    found = [prompt for prompt in session.exec(query) if prompt.id in wanted]
    if len(found) < len(wanted):
        raise NotFound(f"{len(wanted) - len(found)} of the prompts chosen are not in the dataset '{dataset.name}'.")
    return found


def drawn(
    session: Session, dataset_id: int, *, size: int | None = None, seed: int = 0, categories: Sequence[str] = ()
) -> list[int]:
    """Ids of ``size`` of the dataset's prompts that ask something, drawn at random; of some categories, or of all.

    The same seed and size give the same prompts, whoever draws: the draw goes by what the prompts say, so a larger size
    holds a smaller one, and another version of the dataset gives the same as far as it has them. ``size`` None, or more
    than there are: all. Raises BadInput where there are none.
    """
    if size is not None and size < 1:
        raise BadInput(f"At least one prompt has to be drawn, not {size}.")
    query = select(Prompt.id, Prompt.content_hash, Prompt.messages).where(Prompt.dataset_id == dataset_id)
    if categories:
        query = query.where(col(Prompt.category).in_(categories))
    places = [
        (hashlib.sha256(f"{seed} {content_hash}".encode()).digest(), prompt_id or 0)
        for prompt_id, content_hash, messages in session.exec(query.execution_options(yield_per=2000))
        if asked_at(messages)
    ]
    if not places:
        where = f" in {', '.join(categories)}" if categories else ""
        raise BadInput(f"The dataset has no prompt{where} with a user's message to answer.")
    return sorted(prompt_id for _, prompt_id in sorted(places)[:size])
