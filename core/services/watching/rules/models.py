"""Models that are gone or will be, and models that answer under a name not seen before."""

from collections.abc import Iterator

import sqlalchemy as sa
from genai_prices.data_snapshot import find_provider_by_id, get_snapshot
from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind, Severity
from core.domain.pricing import PUBLISHED
from core.providers.presets import price_provider_of, title_of
from core.services.alerts import Raised
from core.services.watching.rules.addresses import figures_page, page, run_page
from core.services.watching.rules.ended import answered, before, candidates_in, ended_runs, run_of
from core.services.watching.rules.rule import Look, Rule
from core.storage.tables import Candidate, Response, Run, metadata

_attempt = metadata.tables["attempt"].c
_GONE = (404, 410)
_PUBLISHED = "published"


def _retired(look: Look) -> Iterator[Raised]:
    if look.scope == _PUBLISHED:
        yield from _announced(look.session)
    elif (run := run_of(look)) is not None and run.failed:
        yield from _gone(look.session, run)


def _announced(session: Session) -> Iterator[Raised]:
    for candidate in _in_use(session):
        if not _is_deprecated(candidate):
            continue
        provider = title_of(candidate.provider or "")
        title = f"{candidate.name}'s model will be retired"
        text = (
            f"{provider} lists {candidate.model} as deprecated ({PUBLISHED}): it will stop answering at a date that "
            f"{provider} announces. {_what_then(candidate)}"
        )
        yield _of(candidate, "announced", title, text, page("candidates", candidates_candidate=str(candidate.id)))


def _gone(session: Session, run: Run) -> Iterator[Raised]:
    """Candidates that answered before and whose model nobody knows any more."""
    refused = sa.select(_attempt.candidate_id, sa.func.count()).where(
        _attempt.run_id == run.id, _attempt.http_status.in_(_GONE), _attempt.endpoint == "primary"
    )
    counts = {of: int(count) for of, count in session.execute(refused.group_by(_attempt.candidate_id)).all()}
    for id, candidate in candidates_in(session, counts).items():
        if candidate.is_retired or not _answered_before(session, run, id):
            continue
        provider = title_of(candidate.provider or "")
        title = f"{candidate.name}'s model is gone"
        text = (
            f"{provider} answered {counts[id]:,} requests of run {run.id} with 'there is no model {candidate.model}'; "
            f"it answered before, so the model was retired or renamed. {_what_then(candidate)}"
        )
        yield _of(candidate, "gone", title, text, run_page(run))


def _what_then(candidate: Candidate) -> str:
    if candidate.is_champion:
        return "It is the champion, what your users get: choose its successor on Decisions before it is missing."
    return "Add its successor as a candidate, and retire this one."


def _of(candidate: Candidate, how: str, title: str, text: str, link: str) -> Raised:
    severity = Severity.URGENT if candidate.is_champion else Severity.WARNING
    data = {"candidate": candidate.name, "model": candidate.model, "how": how}
    return Raised(AlertKind.MODEL_RETIRED, f"model_retired:{candidate.id}:{how}", title, text, link, severity, data)


def _answered_before(session: Session, run: Run, candidate_id: int) -> bool:
    query = select(Response.id).where(Response.candidate_id == candidate_id, col(Response.run_id) < run.id).limit(1)
    return session.exec(query).first() is not None


def _is_deprecated(candidate: Candidate) -> bool:
    provider = price_provider_of(candidate.provider or "")
    known = find_provider_by_id(get_snapshot().providers, provider) if provider else None
    if known is None or known.id != provider:
        return False
    found = known.find_model(candidate.model or "")
    return found is not None and bool(found.deprecated)


def _in_use(session: Session) -> list[Candidate]:
    query = select(Candidate).where(col(Candidate.is_retired).is_(False), col(Candidate.model).is_not(None))
    return list(session.exec(query.order_by(col(Candidate.id))).all())


def _runs_and_what_is_published(session: Session) -> dict[str, object]:
    in_use = [(each.id, each.is_champion) for each in _in_use(session)]
    return {_PUBLISHED: (PUBLISHED, in_use), **ended_runs(session)}


def _renamed(look: Look) -> Iterator[Raised]:
    run = run_of(look)
    if run is None:
        return
    now = answered(look.session, run.id or 0)
    earlier = list(before(look.session, run, now))
    for id, candidate in candidates_in(look.session, now).items():
        seen = {name for one in earlier if id in one for name in one[id].names}
        new = [name for name in now[id].names if name not in seen]
        if seen and new:
            yield _named_anew(run, candidate, sorted(seen), new)


def _named_anew(run: Run, candidate: Candidate, seen: list[str], new: list[str]) -> Raised:
    is_now, was = " and ".join(new), " and ".join(seen)
    title = f"{candidate.name} now answers as {is_now}"
    text = (
        f"In run {run.id} the model that answers for {candidate.name} calls itself {is_now}; in the runs before it was "
        f"{was}. The candidate's settings are the same, so its provider changed the model: earlier scores and votes "
        "are of another one. Compare this run's figures with the last one's before you rely on either."
    )
    return Raised(
        AlertKind.MODEL_NAME,
        f"model_name:{candidate.id}:{run.id}",
        title,
        text,
        figures_page(run, candidate),
        Severity.URGENT if candidate.is_champion else Severity.WARNING,
        {"candidate": candidate.name, "run": run.id, "was": seen, "is": new},
    )


RETIRED = Rule(AlertKind.MODEL_RETIRED, _retired, scopes=_runs_and_what_is_published)
RENAMED = Rule(AlertKind.MODEL_NAME, _renamed, scopes=ended_runs)
