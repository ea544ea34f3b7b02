"""Studies whose raters agree too little for their votes to mean much."""

from collections.abc import Iterator
from datetime import timedelta

from sqlmodel import Session, select

from core.domain.alerts import AlertKind, Severity
from core.services.alerts import Raised
from core.services.leaderboards import raters
from core.services.leaderboards.raters import QuestionAgreement
from core.services.studies import progress, studies
from core.services.watching.rules.addresses import page
from core.services.watching.rules.rule import Look, Parameter, Rule
from core.storage.tables import Study

_LEAST = Parameter(
    "least", "Least agreement", 0.2, 0.0, 1.0, "",
    "1 is all agree, 0 is chance. Tell when the upper end of the 95 % interval is below this.",
)  # fmt: skip
_OVERLAP = Parameter("pairs", "Least overlap", 50, 10, 100_000, "pairs", "How many pairs two people or more rated.")


def _fell(look: Look) -> Iterator[Raised]:
    study = studies.get(look.session, int(look.scope))
    report = raters.report(look.session, studies.questions(look.session, int(look.scope)), simulated=False)
    for found in report.questions:
        alpha = found.alpha
        if alpha is None or alpha.upper is None or alpha.units < look.thresholds[_OVERLAP.name]:
            continue
        if alpha.upper < look.thresholds[_LEAST.name] and not _agrees_on_flags(found, look.thresholds[_LEAST.name]):
            yield _raised(study, found, alpha.value, alpha.upper, alpha.units)


def _agrees_on_flags(found: QuestionAgreement, least: float) -> bool:
    """Where nearly all is safe, α is low although raters agree: Gwet's AC1 tells."""
    return found.question.key == "safety" and found.ac1 is not None and found.ac1 >= least


def _raised(study: Study, found: QuestionAgreement, value: float, upper: float, units: int) -> Raised:
    question = found.question
    title = f"Raters of {study.name} hardly agree on {question.title}"
    text = (
        f"Krippendorff's α on '{question.title}' is {value:.2f}, and at most {upper:.2f}, over {units:,} pairs that "
        "two people or more rated: 1 is all agree, 0 is chance. Such votes can hardly tell candidates apart, however "
        "many there are. Look at who disagrees with everybody, and at whether the guidelines say what is meant."
    )
    return Raised(
        AlertKind.AGREEMENT,
        f"agreement:{study.id}:{question.id}",
        title,
        text,
        page("raters", raters_study=study.name, raters_question=question.title),
        Severity.WARNING,
        {"study": study.name, "question": question.key, "alpha": value, "upper": upper, "pairs": units},
    )


def _open_studies(session: Session) -> dict[str, object]:
    newest = progress.newest_vote_id(session)
    return {str(id): newest for id in session.exec(select(Study.id).where(Study.state == "open")).all()}


FELL = Rule(
    AlertKind.AGREEMENT,
    _fell,
    (_LEAST, _OVERLAP),
    scopes=_open_studies,
    every=timedelta(hours=1),
    is_standing=True,
    rest=timedelta(days=1),
)
