"""Which evaluators a workspace has: immutable, each once by content, some of them there from the start."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain.content_hash import digest
from core.domain.judging import PAIRWISE_KIND, REFUSAL_KIND, SCORE_KIND
from core.domain.scoring.base import EvaluatorKind, Subject
from core.errors import BadInput, NotFound
from core.providers import presets
from core.services import apart
from core.services.scoring.registry import kind_named
from core.storage.tables import Evaluator, metadata
from core.storage.upsert import insert_into

_evaluator = metadata.tables["evaluator"]
_NOTHING = Subject(turns=())
_passed: deque[str] = deque(maxlen=100)
SINGLE_JUDGES = frozenset({SCORE_KIND, REFUSAL_KIND})
JUDGES = SINGLE_JUDGES | {PAIRWISE_KIND}
LONGEST_NAME = 60

DEFAULT_KINDS = (
    "refusal",
    "incomplete",
    "contains",
    "number_match",
    "json_valid",
    "json_schema",
    "word_limit",
    "character_limit",
    "rouge",
    "chrf",
    "embedding_similarity",
    "tone_negative",
    "profanity",
)


def ensure_defaults(session: Session, now: datetime) -> None:
    """Have an evaluator of each kind that every workspace has, with its own parameters.

    Where the workspace has one of a kind, in use or retired, that is left as it is.
    """
    there = set(session.exec(select(Evaluator.kind).distinct()))
    missing = [kind_named(key) for key in DEFAULT_KINDS if key not in there]
    if missing:
        rows = [_row(kind, kind.title, kind.params.defaults(), now) for kind in missing]
        statement = insert_into(session.get_bind().dialect.name, _evaluator)
        session.connection().execute(statement.on_conflict_do_nothing(index_elements=["kind", "content_hash"]), rows)


def listed(session: Session, *, with_retired: bool = False) -> list[Evaluator]:
    """The workspace's evaluators, oldest first."""
    query = select(Evaluator).order_by(col(Evaluator.id))
    return list(session.exec(query if with_retired else query.where(col(Evaluator.retired_at).is_(None))))


def scoring(session: Session) -> list[Evaluator]:
    """Those in use that ask no model."""
    return [evaluator for evaluator in listed(session) if evaluator.kind not in JUDGES]


def judges(session: Session, kinds: Collection[str] = JUDGES) -> list[Evaluator]:
    """The judges in use, of all kinds or of some; by default those of pairs too."""
    return [evaluator for evaluator in listed(session) if evaluator.kind in kinds]


def first_of(session: Session, kind: str) -> Evaluator | None:
    """The oldest evaluator of a kind, which ``ensure_defaults`` made of those it makes; None where there is none."""
    return session.exec(select(Evaluator).where(Evaluator.kind == kind).order_by(col(Evaluator.id))).first()


def check(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the kind's defaults. Raises NotFound and BadInput as ``add`` does.

    A pattern or schema is tried where it can be killed, which takes up to two seconds: to be called before a
    transaction begins. What passed once passes at once.
    """
    known = kind_named(kind)
    whole = {**known.params.defaults(), **params}
    if known.runs(_NOTHING, known.params.of(whole)) is None:
        known.params.check(whole)
    else:
        _check_apart(kind, whole)
    if kind in JUDGES:
        presets.endpoint_of(whole["provider"], whole["model"], whole)
    return whole


def _check_apart(kind: str, params: dict[str, Any]) -> None:
    try:
        content = _content_hash(kind, params)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"The parameters cannot be kept: {error}.") from error
    if content in _passed:
        return
    try:
        apart.call(kind_named(kind).params.check, params)
    except apart.RanOut as error:
        raise BadInput(f"This pattern or schema cannot be used: {error}.") from error
    except RecursionError as error:
        raise BadInput("This pattern or schema is nested too deeply.") from error
    except apart.NotStarted as error:
        raise BadInput(f"{error} Try again in a while.") from error
    _passed.append(content)


def add(session: Session, kind: str, name: str, params: Mapping[str, Any], now: datetime) -> Evaluator:
    """Add an evaluator, or take the same one (kind and parameters) back into use, under ``name``.

    ``params`` left out take the kind's defaults. Raises NotFound for an unknown kind, BadInput for parameters that
    make no sense and for a name that another evaluator in use has.
    """
    known, name = kind_named(kind), name.strip()
    whole = check(kind, params)
    _check_name(session, name, _content_hash(kind, whole))
    row = _row(known, name, whole, now)
    statement = insert_into(session.get_bind().dialect.name, _evaluator)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "content_hash"], set_={"name": name, "retired_at": None}
        ),
        row,
    )
    where = (Evaluator.kind == kind, Evaluator.content_hash == row["content_hash"])
    return session.exec(select(Evaluator).where(*where).execution_options(populate_existing=True)).one()


def same_as(session: Session, kind: str, params: Mapping[str, Any]) -> Evaluator | None:
    """The evaluator in use of this kind and these parameters; None where there is none."""
    content = _content_hash(kind, {**kind_named(kind).params.defaults(), **params})
    query = select(Evaluator).where(Evaluator.kind == kind, Evaluator.content_hash == content)
    return session.exec(query.where(col(Evaluator.retired_at).is_(None))).first()


def retire(session: Session, evaluator_id: int, now: datetime) -> None:
    """Use the evaluator no more; what it said stays, and its gates are retired with it. Raises NotFound."""
    evaluator = session.get(Evaluator, evaluator_id)
    if evaluator is None:
        raise NotFound(f"There is no evaluator {evaluator_id}.")
    evaluator.retired_at = evaluator.retired_at or now
    gate = metadata.tables["gate"]
    its_gates = (gate.c.evaluator_id == evaluator_id) & gate.c.retired_at.is_(None)
    session.execute(sa.update(gate).where(its_gates).values(retired_at=now))


def by_id(session: Session, ids: Sequence[int]) -> list[Evaluator]:
    """The evaluators with these ids, retired ones too. Raises NotFound, naming the first that does not exist."""
    found = {evaluator.id: evaluator for evaluator in session.exec(select(Evaluator).where(col(Evaluator.id).in_(ids)))}
    missing = [wanted for wanted in ids if wanted not in found]
    if missing:
        raise NotFound(f"There is no evaluator {missing[0]}.")
    return [found[wanted] for wanted in ids]


def _check_name(session: Session, name: str, content_hash: str) -> None:
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(f"Give the evaluator a name of 1 to {LONGEST_NAME} characters.")
    for other in listed(session):
        if other.name.casefold() == name.casefold() and other.content_hash != content_hash:
            raise BadInput(f"Another evaluator is called '{other.name}'. Choose another name, or retire that one.")


def _content_hash(kind: str, params: Mapping[str, Any]) -> str:
    return digest({"kind": kind, "params": dict(params)})


def _row(kind: EvaluatorKind, name: str, params: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    content_hash = _content_hash(kind.key, params)
    return {"name": name, "kind": kind.key, "params": dict(params), "content_hash": content_hash, "created_at": now}
