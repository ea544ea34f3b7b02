"""The second wall: whatever the reader produced, only these tags and attributes leave."""

import re

import nh3

_TEXT = "p br hr h4 h5 h6 ul ol li blockquote pre code em strong s bdi span div table thead tbody tr th td"
_MATH = (
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle mover munder munderover msub msup msubsup "
    "mmultiscripts mprescripts none mtable mtr mtd mpadded menclose"
)
TEXT_TAGS, MATH_TAGS = frozenset(_TEXT.split()), frozenset(_MATH.split())
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"class", "dir"},
    "li": {"value"},
    "math": {"display", "alttext"},
    "mi": {"mathvariant"},
    "mn": {"mathvariant"},
    "mo": {"stretchy", "fence", "form", "separator", "accent", "largeop", "movablelimits", "minsize", "maxsize"},
    "mfrac": {"linethickness"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "mspace": {"width"},
    "mtable": {"columnalign", "columnspacing", "rowspacing", "displaystyle"},
    "mtr": {"columnalign"},
    "mtd": {"columnalign"},
    "menclose": {"notation"},
}
# A formula may not stretch over its surroundings: words, or a short length that is not negative.
_VALUE = re.compile(r"[a-zA-Z ]{1,60}|\d{0,9}|\d?(\.\d{1,3})?(em|ex|pt|px|mu)")


def _harmless(_: str, attribute: str, value: str) -> str | None:
    if attribute in ("class", "dir", "alttext"):
        return value
    return value if _VALUE.fullmatch(value) else None


_CLEANER = nh3.Cleaner(
    tags=set(TEXT_TAGS | MATH_TAGS),
    clean_content_tags=set(),
    attributes=ATTRIBUTES,
    attribute_filter=_harmless,
    link_rel=None,
    generic_attribute_prefixes=set(),
    url_schemes=set(),
)


def sanitise(html: str) -> str:
    """The HTML with nothing but allowed tags and attributes: none of them can load, run or style anything."""
    return _CLEANER.clean(html)
