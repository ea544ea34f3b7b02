"""Open studies that give out the same pairs: raters would do the work twice, and the votes count apart."""

from dataclasses import dataclass
from itertools import combinations

from sqlmodel import Session, col, select

from core.services.studies.pool import Pool, pool_of
from core.storage.tables import Dataset, Study


@dataclass(frozen=True)
class SharedPairs:
    """Two studies that have ``pairs`` pairs in common, of the candidates' answers to the same prompts."""

    first: Study
    second: Study
    pairs: int


def among_open(session: Session) -> list[SharedPairs]:
    """Every two open studies with pairs in common. The default study, which steps back for named ones, is left out."""
    pools = [(study, pool_of(session, study)) for study in _open(session)]
    return [
        SharedPairs(first[0], second[0], pairs)
        for first, second in combinations(pools, 2)
        if (pairs := _shared(*first, *second))
    ]


def with_open(session: Session, study: Study) -> list[SharedPairs]:
    """The open studies that have pairs in common with ``study``, whatever its own state."""
    if study.is_default:
        return []
    mine = pool_of(session, study)
    others = [(other, pool_of(session, other)) for other in _open(session) if other.id != study.id]
    return [SharedPairs(study, other, pairs) for other, its in others if (pairs := _shared(study, mine, other, its))]


def has_named_open(session: Session) -> bool:
    """Whether a study is open besides the default one and the demo's, for which the default one steps back."""
    demo = set(session.exec(select(Dataset.id).where(col(Dataset.is_demo))))
    return any(study.dataset_id not in demo for study in _open(session))


def _open(session: Session) -> list[Study]:
    query = select(Study).where(Study.state == "open", ~col(Study.is_default))
    return list(session.exec(query.order_by(col(Study.id))))


def _shared(first: Study, first_pool: Pool, second: Study, second_pool: Pool) -> int:
    if first.dataset_id and second.dataset_id and first.dataset_id != second.dataset_id:
        return 0
    if first.categories and second.categories and not set(first.categories) & set(second.categories):
        return 0
    mine, others = first_pool.prompts_of, second_pool.prompts_of
    return sum(_common(mine[pair], others[pair]) for pair in mine.keys() & others.keys())


def _common(prompts: tuple[int, ...], others: tuple[int, ...]) -> int:
    return len(prompts) if prompts == others else len(set(prompts) & set(others))
