"""Gives candidates prices of their own, as the form does."""

from dataclasses import replace

from sqlmodel import Session

from core.services.candidates.candidates import change
from core.services.candidates.drafts import draft_of
from core.storage.tables import Candidate


def set_price(session: Session, candidate_id: int, *, input_usd: float | None, output_usd: float | None) -> None:
    """The candidate's own price in US dollars per million tokens; None takes it away."""
    draft = draft_of(session.get_one(Candidate, candidate_id))
    change(session, candidate_id, replace(draft, input_usd_per_mtok=input_usd, output_usd_per_mtok=output_usd))
