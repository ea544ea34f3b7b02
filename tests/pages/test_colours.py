"""The candidates' colours: apart for every kind of colour blindness, and seen against the page."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.ui.shared import colours

# Machado, Oliveira & Fernandes (2009), severity 1.0, on linear RGB.
SEEN = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
)
THEMES = {"light": (colours.LIGHT, colours.INK_LIGHT), "dark": (colours.DARK, colours.INK_DARK)}
Floats = NDArray[np.float64]


def linear(*hexes: str) -> Floats:
    rgb = np.array([[int(code[at : at + 2], 16) for at in (1, 3, 5)] for code in hexes]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: Floats) -> Floats:
    xyz = np.clip(rgb, 0, 1) @ TO_XYZ.T / [0.95047, 1.0, 1.08883]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((linear(one, other) @ TO_XYZ[1]).tolist())
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("kind", SEEN)
def test_any_two_candidates_are_told_apart_by_everybody(theme: str, kind: str) -> None:
    seen = lab(linear(*THEMES[theme][0]) @ np.array(SEEN[kind]).T)
    apart = np.linalg.norm(seen[:, None] - seen[None, :], axis=-1)
    assert apart[np.triu_indices(len(seen), 1)].min() >= 15.9


@pytest.mark.parametrize("theme", THEMES)
def test_every_mark_is_seen_against_the_page_and_text_is_read(theme: str) -> None:
    palette, ink = THEMES[theme]
    assert min(contrast(colour, ink.paper) for colour in palette) >= 3.0
    assert min(contrast(ink.text, ink.paper), contrast(ink.quiet, ink.paper)) >= 4.5


def test_candidates_that_share_a_colour_differ_in_their_mark() -> None:
    looks = {(position % colours.MOST_COLOURED, colours.mark(position)) for position in range(40)}
    assert len(looks) == 40
    assert len({colours.sign(position) for position in range(40)}) == 5
