"""Prometheus' text format, version 0.0.4: families of samples, with names and labels that anybody may have typed."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LONGEST_LABEL = 200


@dataclass(frozen=True)
class Family:
    """A gauge: what it tells, and its samples. What is not known has no sample; it is never 0."""

    name: str
    what: str
    """One sentence."""
    samples: dict[tuple[tuple[str, str], ...], float] = field(default_factory=dict)
    """Labels → value."""

    def add(self, value: float | None, labels: Mapping[str, str] | None = None) -> None:
        """One sample more; None: not known, and none."""
        if value is not None and not math.isnan(value):
            self.samples[tuple((labels or {}).items())] = value


def written(families: Iterable[Family]) -> str:
    """The text. Families without a sample are left out; of two samples with the same labels the first stays."""
    lines: list[str] = []
    for family in families:
        if not family.samples:
            continue
        lines.append(f"# HELP {family.name} {_escaped(family.what)}")
        lines.append(f"# TYPE {family.name} gauge")
        seen: dict[str, float] = {}
        for labels, value in family.samples.items():
            seen.setdefault(f"{family.name}{_labels(labels)}", value)
        lines += [f"{series} {_number(value)}" for series, value in seen.items()]
    return "\n".join(lines) + "\n"


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_quoted(value)}"' for name, value in labels) + "}"


def _quoted(value: str) -> str:
    """As it stands between quotes: cut where nobody reads it (and told apart), what is no character replaced."""
    shown = value.encode("utf-8", "replace").decode()
    if len(shown) > _LONGEST_LABEL:
        shown = f"{shown[:_LONGEST_LABEL]}…{blake2b(shown.encode(), digest_size=4).hexdigest()}"
    return _escaped(shown).replace('"', '\\"')


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
