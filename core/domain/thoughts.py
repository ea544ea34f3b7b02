"""What a model thought aloud before its answer, where it stands in the answer's own text."""

import re

_TAGS = ("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "seed:think", "mm:think")
_SIGNS = (
    *((rf"<{tag}(?:\s[^<>\n]{{0,200}})?>", f"</{tag}>") for tag in _TAGS),
    (r"\[THINK\]", "[/THINK]"),
    (r"◁think▷", "◁/think▷"),
    (r"<\|begin_of_thought\|>", "<|end_of_thought|>"),
    (r"<\|channel\|?>(?:analysis|commentary|thought)(?:<\|message\|>)?", "<|end|>"),
)
_PAIRS = [
    (re.compile(rf"\s*{opening}", re.IGNORECASE), re.compile(re.escape(closing), re.IGNORECASE))
    for opening, closing in _SIGNS
]
_CLOSING = re.compile("|".join(re.escape(closing) for _, closing in _SIGNS[: len(_TAGS) + 3]), re.IGNORECASE)
# What stands around the answer once the thoughts before it are gone: gpt-oss names its channels.
_ANSWER_SIGNS = re.compile(
    r"\s*(?:<\|start\|>assistant)?\s*(?:<\|channel\|>final)?\s*<\|message\|>|\s*<\|begin_of_solution\|>", re.IGNORECASE
)
_LAST_SIGNS = re.compile(r"(?:<\|return\|>|<\|end\|>|<\|end_of_solution\|>)\s*$", re.IGNORECASE)


def split_thoughts(text: str) -> tuple[str, str]:
    """(what was thought, the answer); without thoughts ("", ``text`` as it is).

    Thoughts stand at the beginning, in tags such as <think>, several times over. A closing tag alone ends thoughts that
    began in the prompt's template; an opening tag that is never closed begins thoughts to which no answer came. Tags
    in code, or further on in the answer, are the answer's.
    """
    thoughts, rest = [], text
    while (found := _leading(rest)) is not None:
        thoughts.append(found[0])
        rest = found[1]
    if not thoughts and (closing := _lone_closing(rest)) is not None:
        thoughts.append(rest[: closing.start()])
        rest = rest[closing.end() :]
    rest, signs = _ANSWER_SIGNS.subn("", rest, count=1) if _ANSWER_SIGNS.match(rest) else (rest, 0)
    if not thoughts and not signs:
        return "", text
    return "\n\n".join(each.strip() for each in thoughts if each.strip()), _LAST_SIGNS.sub("", rest).strip()


def _leading(text: str) -> tuple[str, str] | None:
    """The thoughts at the very beginning and what follows them; None where there are none."""
    for opening, closing in _PAIRS:
        if begun := opening.match(text):
            ended = closing.search(text, begun.end())
            return (text[begun.end() : ended.start()], text[ended.end() :]) if ended else (text[begun.end() :], "")
    return None


def _lone_closing(text: str) -> re.Match[str] | None:
    """The first closing tag, where it ends a line and stands in no code."""
    found = _CLOSING.search(text)
    if found is None or text[: found.start()].count("```") % 2 or text[: found.start()].endswith("`"):
        return None
    after = text[found.end() :]
    is_last = not after.strip() or after.lstrip(" \t").startswith(("\n", "\r"))
    is_first = text[: found.start()].rstrip(" \t").endswith(("\n", "\r"))
    return found if is_last or is_first else None
