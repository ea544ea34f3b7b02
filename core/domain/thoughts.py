"""What a model thought aloud before its answer: in the answer's own text, or in parts that name their kind."""

import re

_TAGS = ("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "seed:think", "mm:think")
_SIGNS = (
    *((rf"<{tag}(?:\s[^<>\n]{{0,200}})?>", f"</{tag}>") for tag in _TAGS),
    (r"\[THINK\]", "[/THINK]"),
    (r"◁think▷", "◁/think▷"),
    (r"<\|begin_of_thought\|>", "<|end_of_thought|>"),
    (r"<\|START_THINKING\|>", "<|END_THINKING|>"),
    (r"(?:<\|start\|>assistant)?<\|channel\|?>(?:analysis|commentary|thought)(?:<\|message\|>)?", "<|end|>"),
)
_PAIRS = [
    (re.compile(opening, re.IGNORECASE), re.compile(re.escape(closing), re.IGNORECASE)) for opening, closing in _SIGNS
]
_CLOSING = re.compile("|".join(re.escape(closing) for _, closing in _SIGNS[: len(_TAGS) + 4]), re.IGNORECASE)
# What stands around the answer once the thoughts before it are gone: gpt-oss names its channels.
_ANSWER_SIGNS = re.compile(
    r"(?:<\|start\|>assistant)?\s{0,9}"
    r"(?:<\|channel\|>final(?:[ \t]{0,9}<\|constrain\|>[ \t]{0,9}\w{0,20})?)?\s{0,9}<\|message\|>"
    r"|<\|begin_of_solution\|>|<\|START_RESPONSE\|>",
    re.IGNORECASE,
)
_LAST_SIGNS = re.compile(r"(?:<\|return\|>|<\|end\|>|<\|end_of_solution\|>|<\|END_RESPONSE\|>)\Z", re.IGNORECASE)
_LONGEST_SIGN = 30
_BLANK = re.compile(r"\s*")
_TO_LINE_END = re.compile(r"[ \t]*+(?:[\r\n]|\Z)")
_ENDS_A_SENTENCE = (".", "!", "?", "…", "。", "！", "？")

# "redacted_thinking", "reasoning.summary", "reasoningContent"; not "finish_reason".
_THOUGHT_KIND = re.compile(
    r"(?:(?<![A-Za-z])(?:think(?:ing)?|thoughts?|reasoning)|Think(?:ing)?|Thoughts?|Reasoning)(?![a-z])"
)


def names_thoughts(kind: str) -> bool:
    """Whether a part or an item of this kind holds what a model thought, and no answer."""
    return _THOUGHT_KIND.search(kind) is not None


def split_thoughts(text: str) -> tuple[str, str]:
    """(what was thought, the answer); without thoughts ("", ``text`` as it is).

    Thoughts stand at the beginning, in tags such as <think>, several times over. A closing tag alone ends thoughts that
    began in the prompt's template; an opening tag that is never closed begins thoughts to which no answer came. Tags
    in code, or further on in the answer, are the answer's.
    """
    thoughts, (start, end) = _parted(text)
    return "\n\n".join(filter(None, (text[begun:ended].strip() for begun, ended in thoughts))), text[start:end]


def answer_begins_at(text: str) -> int | None:
    """Where in ``text`` the answer begins, after its thoughts; 0 without any, None where no answer came."""
    start, end = _parted(text)[1]
    return start if start < end or not text else None


def _parted(text: str) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Where the thoughts are, and where the answer is; in linear time."""
    thoughts: list[tuple[int, int]] = []
    at = 0
    while (found := _leading(text, at)) is not None:
        thoughts.append(found[0])
        at = found[1]
    if not thoughts and (closing := _lone_closing(text)) is not None:
        thoughts.append((0, closing.start()))
        at = closing.end()
    signs = _ANSWER_SIGNS.match(text, _after_blanks(text, at))
    if not thoughts and signs is None:
        return [], (0, len(text))
    start = _after_blanks(text, at if signs is None else signs.end())
    end = max(start, len(text.rstrip()))
    last = _LAST_SIGNS.search(text, max(start, end - _LONGEST_SIGN), end)
    if last is not None:
        end = max(start, len(text[: last.start()].rstrip()))
    return thoughts, (start, end)


def _leading(text: str, at: int) -> tuple[tuple[int, int], int] | None:
    """Where the thoughts that begin at ``at`` are and where they have ended; None where none begin there."""
    start = _after_blanks(text, at)
    for opening, closing in _PAIRS:
        if begun := opening.match(text, start):
            ended = closing.search(text, begun.end())
            return ((begun.end(), ended.start()), ended.end()) if ended else ((begun.end(), len(text)), len(text))
    return None


def _lone_closing(text: str) -> re.Match[str] | None:
    """The first closing tag, where it ends a line or a sentence, or begins a line, and stands in no code.

    At the end of a line that is the last one it is a part of that line: an answer that went away would be no thought.
    """
    found = _CLOSING.search(text)
    if found is None:
        return None
    before = text[: found.start()]
    if before.count("```") % 2 or before.endswith("`"):
        return None
    after = _TO_LINE_END.match(text, found.end())
    begins_a_line = before.rstrip(" \t").endswith(("\n", "\r"))
    if begins_a_line:
        return found
    if _after_blanks(text, found.end()) == len(text):
        return None
    if after:
        return found
    is_lone = before.endswith(_ENDS_A_SENTENCE) and not any(opening.search(before) for opening, _ in _PAIRS)
    return found if is_lone else None


def _after_blanks(text: str, at: int) -> int:
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]
