"""What is typed or chosen about a study: tidied, and refused in the words of the form where it cannot be."""

import unicodedata
from collections.abc import Sequence

from sqlmodel import Session, select

from core.errors import BadInput, NotFound
from core.storage.tables import Candidate, Dataset, Prompt, Study

LONGEST_NAME = 80
MOST_OVERLAP = 100
MOST_PAIRS = 100_000
LONGEST_GUIDELINES = 20_000
LONGEST_MORE = 500
RERATED_SHARE = 0.1


def free_name(session: Session, name: str, *, but_for: Study | None = None) -> str:
    """A study's name, tidied; BadInput where it is empty, too long or another study's."""
    name = clean_line(name)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadInput(f"Name: a study needs a name of 1 to {LONGEST_NAME} characters.")
    taken = session.exec(select(Study).where(Study.name == name)).first()
    if taken is not None and taken is not but_for:
        raise BadInput(f"Name: there is a study called '{name}' already. Choose another name.")
    return name


def clean_line(text: str) -> str:
    """``text`` on one line, in one Unicode form, without characters that cannot be seen."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(character for character in line if unicodedata.category(character) not in ("Cc", "Cs", "Cn", "Co"))


def checked_text(text: str, what: str, longest: int) -> str:
    """``text`` trimmed; BadInput where it is longer than ``longest`` characters."""
    text = text.replace("\x00", "").strip()
    if len(text) > longest:
        raise BadInput(f"{what}: use at most {longest:,} characters; these are {len(text):,}.")
    return text


def checked_overlap(overlap: int) -> int:
    """``overlap``, where it can be one."""
    if not 1 <= overlap <= MOST_OVERLAP:
        raise BadInput(f"Raters wanted per pair: choose a number from 1 to {MOST_OVERLAP}.")
    return overlap


def checked_goal(pairs_per_rater: int | None) -> int | None:
    """``pairs_per_rater``, where it can be one."""
    if pairs_per_rater is not None and not 1 <= pairs_per_rater <= MOST_PAIRS:
        raise BadInput(
            f"Pairs asked of one rater: choose a number from 1 to {MOST_PAIRS:,}, or leave it empty for no limit."
        )
    return pairs_per_rater


def checked_share(rerated_share: float) -> float:
    """``rerated_share``, where it can be one."""
    if not 0 <= rerated_share <= 1:
        raise BadInput("Answers of later runs rated anew: choose from 0 to 100 % of the prompts.")
    return rerated_share


def give_scope(
    session: Session,
    study: Study,
    dataset_id: int | None,
    categories: Sequence[str] | None,
    candidate_ids: Sequence[int] | None,
) -> None:
    """Let the study compare these; what does not exist, or cannot be compared, is a BadInput."""
    if dataset_id is not None and session.get(Dataset, dataset_id) is None:
        raise NotFound("Over: that dataset does not exist any more. Choose another.")
    chosen = sorted(set(categories or ()))
    for category in chosen:
        query = select(Prompt.id).where(Prompt.category == category)
        if dataset_id is not None:
            query = query.where(Prompt.dataset_id == dataset_id)
        if session.exec(query.limit(1)).first() is None:
            raise NotFound(f"Categories: there is no prompt of the category '{category}' there.")
    candidates = sorted(set(candidate_ids or ()))
    if len(candidates) == 1:
        raise BadInput("Candidates: one alone cannot be compared. Choose two or more, or none for all of them.")
    if any(session.get(Candidate, candidate) is None for candidate in candidates):
        raise NotFound("Candidates: one of them does not exist any more. Choose again.")
    study.dataset_id, study.categories, study.candidate_ids = dataset_id, chosen or None, candidates or None
