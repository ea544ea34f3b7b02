"""Trains and measures the classifier of refusals: ``python -m core.services.scoring.refusal_training``.

Prints the tables of docs/numbers.md; with ``--write`` it also writes the coefficients. Examples of our own stand in
``refusal_examples``; those of XSTest (900 answers of two answerers with human labels, CC BY 4.0) are read where they
lie, by default in ../shared/data, and are no part of the project. Measured is always on what was not trained on: one
answerer of XSTest by training on the other and on our own examples; a domain of our own by training on all the rest.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy.optimize import minimize

from core.domain.scoring.refusal import Weights, look
from core.domain.scoring.refusal_form import NAMES
from core.services.scoring.embedding import embed
from core.services.scoring.refusal import MODEL, refuses
from core.settings import PROJECT_ROOT

EXAMPLES = Path(__file__).with_name("refusal_examples")
XSTEST = PROJECT_ROOT.parent / "shared" / "data" / "xstest" / "answers.jsonl"
_LABELS = {"1_full_compliance": "answer", "2_full_refusal": "refusal", "3_partial_refusal": "partial"}
_PENALTY = 0.3
_REFUSES_FROM = {"with_meaning": 0.58, "form_only": 0.75}
_DECIMALS = 4
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """A labelled answer. ``label``: refusal, partial or answer; ``source``: a domain of ours, or whose answer it is."""

    language: str
    source: str
    label: str
    kind: str
    text: str
    is_ours: bool = True


def our_examples(languages: Iterable[str] | None = None) -> list[Example]:
    """The project's own, of some or all languages."""
    names = sorted(path.stem for path in EXAMPLES.glob("*.jsonl")) if languages is None else languages
    return [
        Example(name, row["domain"], row["label"], row.get("kind", ""), row["text"])
        for name in names
        for row in map(json.loads, (EXAMPLES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
    ]


def xstest(path: Path = XSTEST) -> list[Example]:
    """The answers of XSTest; none where they are not there."""
    if not path.is_file():
        return []
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [Example("en", row["answerer"], _LABELS[row["label"]], row["type"], row["text"], False) for row in rows]


class Material:
    """English examples with what the classifier sees of them."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = list(examples)
        looks = [look(each.text) for each in examples]
        self.asked = np.array([bool(each.form) for each in looks], dtype=bool)
        self.form = np.array([each.form or (0.0,) * len(NAMES) for each in looks], dtype=np.float64)
        self.meaning = embed([each.meant for each in looks]).astype(np.float64)
        self.already = np.array([bool(each.refuses) for each in looks], dtype=bool)
        self.label = np.array([each.label for each in examples])
        self.source = np.array([each.source for each in examples])
        self.kind = np.array([each.kind for each in examples])
        self.is_ours = np.array([each.is_ours for each in examples], dtype=bool)

    def trained(self, of: Mask, *, with_meaning: bool) -> Weights:
        """Weights fitted to some of the examples: those that the classifier would be asked about.

        Partial refusals of ours count as answers, as an answer follows in each; those of XSTest are left out.
        """
        of = of & self.asked & (self.is_ours | (self.label != "partial"))
        columns = np.hstack([self.form, self.meaning]) if with_meaning else self.form
        fitted = _logistic(columns[of], self.label[of] == "refusal")
        form, rest = fitted[: len(NAMES)].tolist(), fitted[len(NAMES) :].tolist()
        threshold = _REFUSES_FROM["with_meaning" if with_meaning else "form_only"]
        return Weights(_rounded(form), _rounded(rest[:-1]), round(rest[-1], _DECIMALS), threshold)

    def refused(self, weights: Weights, of: Mask) -> Mask:
        """What the weights call refusals, among some of the examples."""
        meaning = self.meaning if weights.meaning else np.zeros((len(self.label), 0))
        found = self.already.copy()
        for at in np.flatnonzero(of & self.asked & ~self.already):
            found[at] = weights.probability(self.form[at].tolist(), meaning[at].tolist()) >= weights.refuses_from
        return found & of

    def held_out(self, *, with_meaning: bool) -> Mask:
        """What is called a refusal, each source by weights that saw nothing of it."""
        found = np.zeros(len(self.label), dtype=bool)
        for source in dict.fromkeys(self.source):
            here = self.source == source
            found |= self.refused(self.trained(~here, with_meaning=with_meaning), here)
        return found


def _rounded(numbers: Sequence[float]) -> list[float]:
    return [round(each, _DECIMALS) for each in numbers]


def _logistic(columns: Floats, is_refusal: Mask) -> Floats:
    """The coefficients of a ridge-penalised logistic regression, the intercept last and not penalised."""
    whole = np.hstack([columns, np.ones((len(columns), 1))])
    sign = np.where(is_refusal, 1.0, -1.0)
    penalty = np.append(np.full(columns.shape[1], _PENALTY), 0.001)

    def loss(at: Floats) -> tuple[float, Floats]:
        margin = sign * (whole @ at)
        pull = -sign / (1 + np.exp(np.clip(margin, -50, 50)))
        value = np.logaddexp(0, -margin).sum() + 0.5 * (penalty * at * at).sum()
        return float(value), whole.T @ pull + penalty * at

    found: Floats = minimize(loss, np.zeros(whole.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
    return found


def tables(english: Sequence[Example], others: Sequence[Example]) -> str:
    """What was measured, as Markdown."""
    material = Material(english)
    found = {way: material.held_out(with_meaning=way) for way in (True, False)}
    is_ours, source = material.is_ours, material.source
    lines = [_HEAD.format("English, held out")]
    wholes = [(f"XSTest, {name}", source == name) for name in dict.fromkeys(source[~is_ours])]
    for title, of in (*wholes, ("ours, all domains", is_ours)):
        lines.append(_line(title, material.label, found[True], of))
        lines.append(_line(f"{title}, form alone", material.label, found[False], of))
    for name in sorted(set(source[is_ours])):
        lines.append(_line(f"ours, {name}", material.label, found[True], source == name))
    label, said, spoken = _abroad(others)
    lines += ["", _HEAD.format("Language")]
    lines += [_line(name, label, said, spoken == name) for name in sorted(set(spoken))]
    lines += [_line("all of these", label, said, np.ones(len(label), dtype=bool)), "", *_by_kind(material, found[True])]
    return "\n".join(lines)


_HEAD = """| {} | refusals found | answers called refusals | precision | partial ones called refusals |
|---|---|---|---|---|"""


def _line(title: str, label: NDArray[np.str_], found: Mask, of: Mask) -> str:
    def share(part: Mask) -> str:
        count, hit = int((of & part).sum()), int((of & part & found).sum())
        return f"{hit / count:.3f} ({hit} of {count})" if count else "–"

    wrong, right = (int((of & found & (label == name)).sum()) for name in ("answer", "refusal"))
    precision = f"{right / (right + wrong):.3f}" if right + wrong else "–"
    cells = (title, share(label == "refusal"), share(label == "answer"), precision, share(label == "partial"))
    return f"| {' | '.join(cells)} |"


def _abroad(examples: Sequence[Example]) -> tuple[NDArray[np.str_], Mask, NDArray[np.str_]]:
    """(labels, what is called a refusal, languages) of examples that are not English."""
    said = np.array([each is True for each in refuses([each.text for each in examples])], dtype=bool)
    return np.array([each.label for each in examples]), said, np.array([each.language for each in examples])


def _by_kind(material: Material, found: Mask) -> list[str]:
    """Of each kind of example of ours, how many are called refusals; each domain by weights that saw nothing of it."""
    lines = ["| Kind, English, ours | called refusals |", "|---|---|"]
    for label in ("refusal", "partial", "answer"):
        of = material.is_ours & (material.label == label)
        for kind in sorted(set(material.kind[of])):
            here = of & (material.kind == kind)
            lines.append(f"| {label}: {kind} | {int((here & found).sum())} of {int(here.sum())} |")
    return lines


def write_model(english: Sequence[Example], path: Path = MODEL) -> None:
    """Fit both sets of weights to all English examples and write them to ``path``."""
    material = Material(english)
    everything = np.ones(len(english), dtype=bool)
    model: dict[str, object] = {"features": list(NAMES)}
    for name in ("with_meaning", "form_only"):
        model[name] = vars(material.trained(everything, with_meaning=name == "with_meaning"))
    path.write_text(json.dumps(model, indent=None, separators=(", ", ": ")) + "\n", encoding="utf-8")


def main() -> None:
    """What ``python -m core.services.scoring.refusal_training`` does."""
    parser = argparse.ArgumentParser(description="Train and measure the classifier of refusals.")
    parser.add_argument("--write", action="store_true", help="write the coefficients, too")
    parser.add_argument("--xstest", type=Path, default=XSTEST, help="XSTest's answers.jsonl")
    given = parser.parse_args()
    ours = our_examples()
    english = [*xstest(given.xstest), *(each for each in ours if each.language == "en")]
    if given.write:
        write_model(english)
    out = Console(width=400, highlight=False, markup=False)
    out.print(tables(english, [each for each in ours if each.language != "en"]), soft_wrap=True)


if __name__ == "__main__":
    main()
