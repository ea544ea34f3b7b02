"""Which evaluators a response must pass to be acceptable, for all datasets or one, all categories or one."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, or_, select

from core.domain.judging import PAIRWISE_KIND, REFUSAL_KIND
from core.domain.scoring.base import Use
from core.errors import BadInput, NotFound
from core.services.scoring import evaluators
from core.services.scoring.registry import kind_named
from core.storage.tables import Dataset, Evaluator, Gate, Prompt

_LIMITS = {"word_limit": "words", "character_limit": "characters"}
DEFAULT_GATES = ("contains", "number_match", "json_valid", "json_schema", "word_limit", "character_limit")


@dataclass(frozen=True)
class GateLine:
    """A gate with its evaluator."""

    gate: Gate
    evaluator: Evaluator
    warning: str = ""
    """Why it may not do what was meant; empty where nothing is odd."""


def ensure_defaults(session: Session, now: datetime) -> None:
    """Have the gates of every workspace, over all datasets; one that was retired stays so.

    An evaluator with parameters of its own, which somebody made for a purpose, is made no gate here.
    """
    kinds = {kind: evaluators.first_of(session, kind) for kind in DEFAULT_GATES}
    ids = [evaluator.id for evaluator in kinds.values() if evaluator is not None]
    session.exec(select(Evaluator.id).where(col(Evaluator.id).in_(ids)).order_by(col(Evaluator.id)).with_for_update())
    everywhere = select(Gate.evaluator_id).where(col(Gate.dataset_id).is_(None), col(Gate.category).is_(None))
    there = set(session.exec(everywhere))
    for evaluator in kinds.values():
        if evaluator is None or evaluator.id is None or evaluator.retired_at is not None:
            continue
        if evaluator.id not in there and _is_usual(evaluator):
            session.add(Gate(evaluator_id=evaluator.id, created_at=now))
    session.flush()


def _is_usual(evaluator: Evaluator) -> bool:
    params = kind_named(evaluator.kind).params
    return params.of(evaluator.params) == params.of({})


def for_dataset(session: Session, dataset_id: int) -> list[GateLine]:
    """The gates in use for a dataset: those of all datasets and its own, oldest first."""
    query = (
        select(Gate, Evaluator)
        .join(Evaluator, col(Evaluator.id) == Gate.evaluator_id)
        .where(col(Gate.dataset_id).is_(None) | (col(Gate.dataset_id) == dataset_id))
        .where(col(Gate.retired_at).is_(None), col(Evaluator.retired_at).is_(None))
        .order_by(col(Gate.id))
    )
    categories = _categories(session, dataset_id)
    return [
        GateLine(gate, evaluator, "" if gate.dataset_id is None else _warning(gate, categories))
        for gate, evaluator in session.exec(query)
    ]


def add(
    session: Session,
    dataset_id: int | None,
    category: str | None,
    evaluator_id: int,
    at_least: float,
    now: datetime,
) -> GateLine:
    """Require ``at_least`` (above 0, up to 1) of an evaluator; None means all datasets, all categories.

    A gate that is there already is returned as it is. Raises NotFound, and BadInput for a kind that no response may
    pass or fail by. A category that no prompt has gives a ``warning``.
    """
    evaluator = _open_to_gates(session, evaluator_id)
    if not 0.0 < at_least <= 1.0:
        raise BadInput(f"A gate's least value lies above 0 and is at most 1, not {at_least:g}.")
    if dataset_id is not None and session.get(Dataset, dataset_id) is None:
        raise NotFound(f"There is no dataset {dataset_id}.")
    category = (category or "").strip() or None
    session.exec(select(Evaluator.id).where(Evaluator.id == evaluator_id).with_for_update())
    same = select(Gate).where(
        Gate.evaluator_id == evaluator_id, Gate.at_least == at_least, col(Gate.retired_at).is_(None)
    )
    same = same.where(col(Gate.dataset_id).is_not_distinct_from(dataset_id))
    gate = session.exec(same.where(col(Gate.category).is_not_distinct_from(category))).first()
    if gate is None:
        gate = Gate(
            dataset_id=dataset_id, category=category, evaluator_id=evaluator_id, at_least=at_least, created_at=now
        )
        session.add(gate)
        session.flush()
    return GateLine(gate, evaluator, _warning(gate, _categories(session, dataset_id)))


def covering(
    session: Session, dataset_id: int | None, category: str | None, evaluator_id: int, at_least: float
) -> GateLine | None:
    """A gate in use that already demands this, or more of it, there; None where such a gate would be new."""
    query = (
        select(Gate, Evaluator)
        .join(Evaluator, col(Evaluator.id) == Gate.evaluator_id)
        .where(Gate.evaluator_id == evaluator_id, Gate.at_least >= at_least, col(Gate.retired_at).is_(None))
        .where(col(Gate.dataset_id).is_(None) | col(Gate.dataset_id).is_not_distinct_from(dataset_id))
        .where(col(Gate.category).is_(None) | col(Gate.category).is_not_distinct_from(category))
        .order_by(col(Gate.id))
    )
    found = session.exec(query).first()
    return None if found is None else GateLine(*found)


def limit_of(evaluator: Evaluator) -> str | None:
    """What a gate by this evaluator needs a number for ("words", "characters"); None where it needs none.

    A limit that names no number of its own leaves it to the prompts, and says nothing where they set none.
    """
    unit = _LIMITS.get(evaluator.kind)
    if unit is None or any(evaluator.params.get(f"{side}_{unit}") is not None for side in ("max", "min")):
        return None
    return unit


def is_limited(session: Session, dataset_id: int | None, category: str | None, unit: str) -> bool:
    """Whether any prompt there sets a limit of ``unit`` itself."""
    sets_one = [col(Prompt.constraints)[f"{side}_{unit}"].as_string().is_not(None) for side in ("max", "min")]
    query = select(Prompt.id).where(or_(*sets_one)).limit(1)
    if dataset_id is not None:
        query = query.where(Prompt.dataset_id == dataset_id)
    if category is not None:
        query = query.where(Prompt.category == category)
    return session.exec(query).first() is not None


def with_limit(session: Session, evaluator_id: int, most: int, now: datetime) -> Evaluator:
    """The evaluator that allows at most ``most`` where a prompt sets no limit itself; made where it is not there.

    Raises NotFound, and BadInput where the evaluator takes no number.
    """
    evaluator = _open_to_gates(session, evaluator_id)
    unit = limit_of(evaluator)
    if unit is None:
        raise BadInput(f"'{evaluator.name}' takes no number.")
    params = {**evaluator.params, f"max_{unit}": most}
    same = evaluators.same_as(session, evaluator.kind, params)
    return same or evaluators.add(session, evaluator.kind, f"At most {most:,} {unit}", params, now)


def retire(session: Session, gate_id: int, now: datetime) -> None:
    """Require it no more. Raises NotFound."""
    gate = session.get(Gate, gate_id)
    if gate is None:
        raise NotFound(f"There is no gate {gate_id}.")
    gate.retired_at = gate.retired_at or now


def _open_to_gates(session: Session, evaluator_id: int) -> Evaluator:
    evaluator = session.get(Evaluator, evaluator_id)
    if evaluator is None or evaluator.retired_at is not None:
        raise NotFound(f"There is no evaluator {evaluator_id} in use.")
    kind = kind_named(evaluator.kind)
    if not kind.may_gate:
        why_not = _WHY_NOT.get(kind.key) or _WHY_NOT.get(kind.use, _NO_VERDICT)
        raise BadInput(f"'{evaluator.name}' cannot be a gate: {why_not}.")
    return evaluator


_NO_VERDICT = "it says nothing of a single response"
_WHY_NOT: dict[str, str] = {
    Use.SIMILARITY: "likeness to a reference is no proof of being right ('the answer is yes' is much like "
    "'the answer is no')",
    Use.FLAG: "a flag is a reason to look, not a reason to reject",
    PAIRWISE_KIND: "it compares two responses and says nothing of a single one",
    REFUSAL_KIND: "what it says of refusals counts without one",
}


def _categories(session: Session, dataset_id: int | None) -> set[str]:
    query = select(Prompt.category).distinct()
    return set(session.exec(query if dataset_id is None else query.where(Prompt.dataset_id == dataset_id)))


def _warning(gate: Gate, categories: set[str]) -> str:
    if gate.category is None or gate.category in categories:
        return ""
    where = "of this dataset" if gate.dataset_id is not None else "here"
    known = ", ".join(sorted(categories)) or "none yet"
    return f"No prompt {where} has the category '{gate.category}' (there are: {known}), so this gate stops nothing."
