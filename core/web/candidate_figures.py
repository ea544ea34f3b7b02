"""Every candidate's figures and the verdicts, as families of samples."""

from collections.abc import Callable
from time import monotonic

from sqlmodel import Session, col, select

from core import clock
from core.domain.acceptability.human import Rests
from core.services import deciding, quality
from core.services.quality import Line, QualityReport, Scope, Times
from core.storage.engine import get_engine, reading
from core.storage.tables import Dataset
from core.web.exposition import Family

MOST_DATASETS = 3
MOST_LINES = 1_000
_S = 1000.0
_FIGURES: dict[str, tuple[str, Callable[[Line], float | None]]] = {
    "responses": ("Responses in scope: of each prompt its newest run.", lambda line: line.responses),
    "errors": ("Answers that were given up.", lambda line: line.errors),
    "refusals": ("Responses that refuse.", lambda line: line.refusals),
    "incomplete": ("Responses that are cut short or empty.", lambda line: line.incomplete),
    "without_verdict": ("Responses that are not scored yet, or cannot be.", lambda line: line.open),
    "attempts": ("Calls made, failed ones too.", lambda line: line.attempts),
    "acceptable_ratio": ("Share automatically acceptable.", lambda line: line.acceptable.value),
    "acceptable_lower_ratio": ("Its lower 95 % bound.", lambda line: line.acceptable.lower),
    "acceptable_upper_ratio": ("Its upper 95 % bound.", lambda line: line.acceptable.upper),
    "human_ratio": ("Share that experts would send, where it rests on votes.", lambda line: _human(line, "value")),
    "human_lower_ratio": ("Its lower 95 % bound.", lambda line: _human(line, "lower")),
    "human_upper_ratio": ("Its upper 95 % bound.", lambda line: _human(line, "upper")),
    "rated_responses": ("Responses that an expert rated.", lambda line: line.human.rated),
    "cost_usd": ("Paid for all of it, failed attempts too.", lambda line: line.cost_usd),
    "cost_per_acceptable_usd": ("Paid for one acceptable response.", lambda line: line.cost_per_acceptable.value),
    "cost_per_acceptable_lower_usd": ("Its lower 95 % bound.", lambda line: line.cost_per_acceptable.lower),
    "cost_per_acceptable_upper_usd": ("Its upper 95 % bound.", lambda line: line.cost_per_acceptable.upper),
}
_TIMES: dict[str, tuple[str, Callable[[Line], Times]]] = {
    "latency_seconds": ("How long an answer takes, by quantile.", lambda line: line.latency),
    "ttft_seconds": ("How long its first token takes, by quantile.", lambda line: line.ttft),
}


def compute() -> list[Family]:
    """The figures and verdicts of the datasets that were answered last, MOST_DATASETS of them."""
    began = monotonic()
    families = {name: Family(f"evenhand_candidate_{name}", what) for name, (what, _) in (_FIGURES | _TIMES).items()}
    verdict = Family("evenhand_verdict", "1: what the evidence allows to decide, overall and in each category.")
    left_out = Family("evenhand_candidate_lines_left_out", "Candidates in a category beyond what is told here.")
    with reading(get_engine()) as session:
        names = deciding.datasets(session)[:MOST_DATASETS]
        for name in names:
            report = _report(session, name)
            if report is not None:
                left_out.add(_add_lines(families, name, report, MOST_LINES // len(names)), {"dataset": name})
            _add_verdicts(verdict, session, name)
    computed = Family("evenhand_figures_computed_timestamp_seconds", "When candidates' figures were computed.")
    computed.add(clock.now().timestamp())
    took = Family("evenhand_figures_computing_seconds", "How long computing them took.")
    took.add(monotonic() - began)
    return [*families.values(), verdict, left_out, computed, took]


def _report(session: Session, name: str) -> QualityReport | None:
    """Of the newest version that was answered."""
    versions = session.exec(select(Dataset.id).where(Dataset.name == name).order_by(col(Dataset.id).desc()))
    for dataset_id in versions:
        if quality.runs(session, dataset_id or 0):
            return quality.report(session, Scope(dataset_id or 0))
    return None


def _add_lines(families: dict[str, Family], dataset: str, report: QualityReport, most: int) -> int:
    """Over all come first, then the champion, so that what is left out (how many) is what matters least."""
    by_id = {candidate.id: candidate for candidate in report.candidates}

    def weight(line: Line) -> tuple[bool, bool, int]:
        candidate = by_id[line.candidate_id]
        return line.category is not None, not candidate.is_champion, candidate.position

    ordered = sorted(report.lines, key=weight)
    for line in ordered[:most]:
        labels = {
            "dataset": dataset,
            "candidate": by_id[line.candidate_id].name,
            "category": line.category or "",
            "scope": "all" if line.category is None else "category",
        }
        for name, (_, figure) in _FIGURES.items():
            families[name].add(figure(line), labels)
        for name, (_, times) in _TIMES.items():
            of = times(line)
            for quantile in (of.p50, of.p95, of.p99):
                if quantile is not None and quantile.value is not None:
                    families[name].add(quantile.value / _S, labels | {"quantile": f"{quantile.q:g}"})
    return len(ordered[most:])


def _add_verdicts(family: Family, session: Session, dataset: str) -> None:
    found = deciding.verdicts(session, dataset)
    names = found.names
    for verdict in found.verdicts[:MOST_LINES]:
        labels = {
            "dataset": dataset,
            "category": verdict.category or "",
            "scope": "all" if verdict.category is None else "category",
            "champion": "" if found.champion is None else names[found.champion],
            "challenger": "" if verdict.challenger is None else names[verdict.challenger],
            "decision": str(verdict.decision),
        }
        family.add(1, labels)


def _human(line: Line, name: str) -> float | None:
    value: float | None = getattr(line.human, name) if line.human.rests is Rests.VOTES else None
    return value
