"""The fence around what a judge reads: nothing inside can end it, and nothing inside looks like its end.

Four walls, since each alone has been climbed. A code that is drawn for each call stands in the delimiters; every line
of the quotation is marked (Hines et al. 2024, "Spotlighting", arXiv 2403.14720, call it datamarking); look-alikes of
the delimiters and the control tokens of chat templates are broken with a backslash; characters that do not show are
spelt out.
"""

import re
from collections.abc import Callable, Iterable

LINE_MARK = "> "
_BROKEN = "\\"

_LEFT = "<‹«˂ᐸ≪⋘〈⟨〈《⟪❮❰❬＜﹤⧼⪡⫷＜\u2039\u27ea"
_RIGHT = ">›»˃ᐳ≫⋙〉⟩〉》⟫❯❱❭＞﹥⧽⪢⫸＞\u203a\u27eb"
_BETWEEN = r"[ \t\u00a0\u00ad\u200c\u200d\u0300-\u036f]{0,4}"
_WIDE = frozenset("«»≪≫《》⟪⟫⋘⋙⪡⪢⫷⫸")
_RUN = re.compile(rf"[{_LEFT}](?:{_BETWEEN}[{_LEFT}])+|[{_RIGHT}](?:{_BETWEEN}[{_RIGHT}])+|[⋘⋙⫷⫸]")
_TOKEN = re.compile(
    r"<(?=[|｜/]?\s*(?:[|｜]|(?:start|end|begin)_of_\w|s>|bos>|eos>|pad>|think(?:ing)?>|sys(?:tem)?>|user>|assistant>))"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS|gMASK)\])",
    re.IGNORECASE,
)
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    r"\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def code_for(texts: Iterable[str], draw: Callable[[], str]) -> str:
    """A code from ``draw`` that none of the texts holds."""
    texts = list(texts)
    while True:
        code = draw()
        if not any(code in text for text in texts):
            return code


def fenced(name: str, text: str, code: str) -> str:
    """``text`` between delimiters that hold ``name`` and ``code``, marked line by line."""
    lines = disarmed(text).split("\n")
    return "\n".join([opening(name, code), *(LINE_MARK + line for line in lines), closing(name, code)])


def opening(name: str, code: str) -> str:
    """The line before a quotation."""
    return f"<<<{name} {code}>>>"


def closing(name: str, code: str) -> str:
    """The line after a quotation."""
    return f"<<<END {name} {code}>>>"


def disarmed(text: str) -> str:
    """``text`` with line ends that are all ``\\n``, unseen characters spelt out, look-alikes and tokens broken."""
    text = _LINE_ENDS.sub("\n", text)
    text = _UNSEEN.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", text)
    text = _RUN.sub(_broken_run, text)
    return _TOKEN.sub(lambda found: found[0] + _BROKEN, text)


def _broken_run(found: re.Match[str]) -> str:
    """A run of three brackets or more with backslashes between; wide ones count for two. Shorter runs stay."""
    run = found[0]
    width = sum(2 if letter in _WIDE else 1 for letter in run if letter in _LEFT or letter in _RIGHT)
    if width < 3 and run not in ("⋘", "⋙", "⫷", "⫸"):
        return run
    return "".join(letter + _BROKEN if letter in _LEFT or letter in _RIGHT else letter for letter in run)
