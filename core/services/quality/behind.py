"""The responses behind a figure: which they are, what is wrong with them, how long they took, what they cost."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain.acceptability import Check, Requirement
from core.services.quality import gathering
from core.services.quality.at_a_time import one_at_a_time
from core.services.quality.gathering import UNSCORED, GivenUp
from core.services.quality.judged import Judged, judged
from core.services.quality.rated import RatedSides, rated_sides
from core.services.quality.scope import Scope
from core.storage.tables import metadata

_response, _prompt, _candidate, _person = (
    metadata.tables[name] for name in ("response", "prompt", "candidate", "person")
)
_OPENING = 160
Said = tuple[tuple[str, bool], ...]
_RATED = frozenset({"rated", "sent", "not_sent"})


@dataclass(frozen=True)
class What:
    """Which responses: a ``kind`` of KINDS, and for *failed*, *undecided* and *unscored* the ``name`` of what.

    *failed*, *undecided*: a requirement or gate, all of them where the name is empty; *unscored*: an evaluator. *sent*,
    *not_sent*: what most of who rated it would do. *not_acceptable*: units given up too, as they count in the share.
    """

    kind: str
    name: str = ""


KINDS = (
    "all",
    "rated",
    "sent",
    "not_sent",
    "acceptable",
    "not_acceptable",
    "failed",
    "undecided",
    "unchecked",
    "refusals",
    "incomplete",
    "blocked",
    "errors",
    "slowest",
    "dearest",
    "unpriced",
    "unscored",
)


@dataclass(frozen=True)
class BehindRow:
    """One response, or a unit given up (no ``response_id``, and ``reasons`` says what went wrong).

    ``acceptable`` None: no verdict.
    """

    response_id: int | None
    run_id: int
    dataset_id: int
    prompt_id: int
    prompt: str
    category: str
    candidate_id: int
    candidate: str
    repetition: int
    text: str
    """How the last answer begins."""
    acceptable: bool | None
    reasons: tuple[str, ...]
    """What is wrong with it in words, or which requirements and gates are open."""
    latency_ms: float | None
    cost_usd: float | None
    is_checked: bool = True
    """Whether any gate applies to it."""
    said: Said = ()
    """Who rated it, each time, and whether they would send it; told of rated responses where these are asked for."""


@one_at_a_time
def responses_behind(
    session: Session,
    scope: Scope,
    what: What,
    *,
    candidate_ids: frozenset[int] = frozenset(),
    category: str | None = None,
    limit: int = 200,
) -> tuple[list[BehindRow], int]:
    """The responses behind a figure, at most ``limit``, and how many there are. No ``candidate_ids``: of all.

    *slowest* and *dearest* come in that order, the others by candidate and prompt.
    """
    return _behind(session, judged(session, scope), what, candidate_ids, category, limit)


@one_at_a_time
def examples(session: Session, scope: Scope, whats: Sequence[What], candidate_id: int) -> list[BehindRow | None]:
    """Of each the candidate's first response, as ``responses_behind`` lists them; None where there is none."""
    found = judged(session, scope)
    rows = [_behind(session, found, what, frozenset({candidate_id}), None, 1)[0] for what in whats]
    return [listed[0] if listed else None for listed in rows]


def _behind(
    session: Session, found: Judged, what: What, candidate_ids: frozenset[int], category: str | None, limit: int
) -> tuple[list[BehindRow], int]:
    if what.kind == "errors":
        return _errors(session, gathering.given_up(session, found.cells), candidate_ids, category, limit)
    said = rated_sides(session, found) if what.kind in _RATED else None
    here = _wanted(found, what) if said is None else _rated(found, said, what.kind)
    if candidate_ids:
        here &= np.isin(found.responses.candidate, list(candidate_ids))
    if category is not None:
        here &= np.array(found.categories, dtype=object)[found.category] == category
    places = _ordered(found, np.flatnonzero(here), what.kind)
    shown = places[:limit]
    answers = {} if said is None else _answers(session, said.where(np.isin(said.response, shown)))
    rows = _rows(session, found, answers, shown)
    if what.kind != "not_acceptable":
        return rows, len(places)
    telling = [unit for unit in gathering.given_up(session, found.cells) if unit.tells_of_candidate]
    units, given_up = _errors(session, telling, candidate_ids, category, limit - len(rows))
    return rows + units, len(places) + given_up


def _rated(found: Judged, said: RatedSides, kind: str) -> NDArray[np.bool_]:
    """Those that were rated and could be shown; that most of who rated them would send, or would not."""
    size = len(found.verdict)
    votes = np.bincount(said.response, minlength=size)
    most = 2 * np.bincount(said.response, said.sendable, size) > votes
    rated = (votes > 0) & ~found.never_shown
    return np.asarray({"rated": rated, "sent": rated & most, "not_sent": rated & ~most}[kind])


def _wanted(found: Judged, what: What) -> NDArray[np.bool_]:
    r, verdict, everything = found.responses, found.verdict, np.ones(len(found.verdict), dtype=bool)
    if what.kind in ("failed", "undecided"):
        wanted = Check.FAILED if what.kind == "failed" else Check.OPEN
        named = found.outcomes.get(what.name, verdict if not what.name else np.full(len(verdict), Check.NOT_ASKED))
        return np.asarray(named == wanted)
    if what.kind == "unscored":
        names = [evaluator.name for evaluator in found.evaluators]
        column = found.scores[:, names.index(what.name)] if what.name in names else np.zeros(len(verdict))
        return np.asarray(np.isnan(column) | (column == UNSCORED))
    failed = {name: found.outcomes[str(name)] == Check.FAILED for name in Requirement}
    by_kind = {
        "acceptable": verdict == Check.PASSED,
        "not_acceptable": verdict == Check.FAILED,
        "refusals": found.refuses,
        "incomplete": failed[Requirement.COMPLETE] | failed[Requirement.NOT_EMPTY],
        "blocked": failed[Requirement.NOT_BLOCKED],
        "slowest": ~np.isnan(r.latency_ms),
        "dearest": ~np.isnan(r.cost_usd),
        "unpriced": np.isnan(r.cost_usd),
        "unchecked": ~found.checked,
    }
    return np.array(by_kind.get(what.kind, everything), dtype=bool)


def _ordered(found: Judged, places: NDArray[np.intp], kind: str) -> NDArray[np.intp]:
    r = found.responses
    if kind == "slowest":
        return places[np.argsort(-r.latency_ms[places], kind="stable")]
    if kind == "dearest":
        return places[np.argsort(-r.cost_usd[places], kind="stable")]
    return places[np.lexsort((r.id[places], r.prompt[places], r.candidate[places]))]


def _rows(session: Session, found: Judged, answers: dict[int, Said], places: NDArray[np.intp]) -> list[BehindRow]:
    ids = [int(id_) for id_ in found.responses.id[places]]
    r, p, c = _response.c, _prompt.c, _candidate.c
    query = (
        sa.select(*r, p.dataset_id, p.external_id, p.category, c.name)
        .join(_prompt, p.id == r.prompt_id)
        .join(_candidate, c.id == r.candidate_id)
        .where(r.id.in_(ids))
    )
    by_id = {row.id: row for row in session.execute(query)}
    return [
        _row(by_id[id_], found, place, answers.get(int(place), ()))
        for id_, place in zip(ids, places, strict=True)
        if id_ in by_id
    ]


def _answers(session: Session, said: RatedSides) -> dict[int, Said]:
    """Place of a response → who rated it, by name, and what they said."""
    wanted = sa.select(_person.c.id, _person.c.name).where(_person.c.id.in_(np.unique(said.rater).tolist()))
    names = {row.id: row.name for row in session.execute(wanted)}
    found: dict[int, list[tuple[str, bool]]] = defaultdict(list)
    for place, rater, sends in zip(said.response.tolist(), said.rater.tolist(), said.sendable.tolist(), strict=True):
        found[place].append((names[rater], sends > 0))
    return {place: tuple(sorted(answers)) for place, answers in found.items()}


def _row(row: Any, found: Judged, place: np.intp, said: Said) -> BehindRow:
    verdict = found.verdict[place]
    is_open = verdict == Check.OPEN
    wanted = Check.OPEN if is_open else Check.FAILED
    names = [name for name, outcome in found.outcomes.items() if outcome[place] == wanted]
    wrong = {} if is_open else {gate.name: gate.fails for gate in found.gates}
    reasons = tuple(dict.fromkeys(wrong.get(name, name) for name in names))
    return BehindRow(
        response_id=row.id,
        run_id=row.run_id,
        dataset_id=row.dataset_id,
        prompt_id=row.prompt_id,
        prompt=row.external_id,
        category=row.category,
        candidate_id=row.candidate_id,
        candidate=row.name,
        repetition=row.repetition,
        text=_opening(row.turns[-1] if row.turns else ""),
        acceptable=None if is_open else bool(verdict == Check.PASSED),
        reasons=reasons or (("still being scored",) if is_open else ()),
        latency_ms=row.latency_ms,
        cost_usd=row.cost_usd,
        is_checked=bool(found.checked[place]),
        said=said,
    )


def _opening(text: str) -> str:
    text = " ".join(text[: 4 * _OPENING].split())
    return text if len(text) <= _OPENING else f"{text[:_OPENING].rstrip()} …"


def _errors(
    session: Session,
    units: Sequence[GivenUp],
    candidate_ids: frozenset[int],
    category: str | None,
    limit: int,
) -> tuple[list[BehindRow], int]:
    p = _prompt.c
    asked = {
        row.id: row
        for row in session.execute(
            sa.select(p.id, p.dataset_id, p.external_id, p.category).where(p.id.in_({unit.prompt_id for unit in units}))
        )
    }
    names = {row.id: row.name for row in session.execute(sa.select(_candidate.c.id, _candidate.c.name))}
    wanted = [
        unit
        for unit in units
        if (not candidate_ids or unit.candidate_id in candidate_ids)
        and category in (None, asked[unit.prompt_id].category)
    ]
    wanted.sort(key=lambda unit: (unit.candidate_id, unit.prompt_id, unit.attempt_id))
    return [_unit(unit, asked[unit.prompt_id], names[unit.candidate_id]) for unit in wanted[:limit]], len(wanted)


def _unit(unit: GivenUp, prompt: Any, candidate: str) -> BehindRow:
    return BehindRow(
        response_id=None,
        run_id=unit.run_id,
        dataset_id=prompt.dataset_id,
        prompt_id=unit.prompt_id,
        prompt=prompt.external_id,
        category=prompt.category,
        candidate_id=unit.candidate_id,
        candidate=candidate,
        repetition=unit.repetition,
        text="",
        acceptable=False,
        reasons=(unit.kind.replace("_", " "), *([unit.message] if unit.message else [])),
        latency_ms=unit.after_ms,
        cost_usd=unit.cost_usd,
    )
