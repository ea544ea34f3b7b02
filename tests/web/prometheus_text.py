"""A strict reader of Prometheus' text format 0.0.4, as Prometheus itself reads it: what is wrong is an error."""

import re
from dataclasses import dataclass

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|Inf|NaN)")


@dataclass(frozen=True)
class Sample:
    """One line."""

    name: str
    labels: dict[str, str]
    value: float


def parsed(text: str) -> list[Sample]:
    """The samples; AssertionError for what Prometheus would refuse, duplicates and families torn apart too."""
    assert text.endswith("\n")
    samples, typed, seen = [], list[str](), set[tuple[str, tuple[tuple[str, str], ...]]]()
    for line in text[:-1].split("\n"):
        if line.startswith("#"):
            kind, _, rest = line[1:].strip().partition(" ")
            if kind == "TYPE":
                name, _, of = rest.partition(" ")
                assert name not in typed, f"{name} is typed twice"
                assert of in ("gauge", "counter"), line
                typed.append(name)
            continue
        sample = _sample(line)
        assert typed and typed[-1] == sample.name, f"{line} stands outside its family"
        series = (sample.name, tuple(sorted(sample.labels.items())))
        assert series not in seen, f"{line} is there twice"
        seen.add(series)
        samples.append(sample)
    return samples


def _sample(line: str) -> Sample:
    name = _NAME.match(line)
    assert name is not None, line
    rest, labels = line[name.end() :], dict[str, str]()
    if rest.startswith("{"):
        at = 1
        while rest[at] != "}":
            found = _LABEL.match(rest, at)
            assert found is not None, line
            assert found[1] not in labels, line
            labels[found[1]] = re.sub(r"\\(.)", lambda escape: {"n": "\n"}.get(escape[1], escape[1]), found[2])
            at = found.end()
            assert rest[at] in ",}", line
            at += rest[at] == ","
        rest = rest[at + 1 :]
    assert rest.startswith(" ") and _NUMBER.fullmatch(rest[1:]), line
    return Sample(name[0], labels, float(rest[1:]))
