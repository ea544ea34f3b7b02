"""What of an answer is looked at for a refusal: its first sentences and its last, without what it only quotes."""

import re
from dataclasses import dataclass

from core.domain.lengths import count_words
from core.domain.scoring.fences import fences, without_fences
from core.domain.scoring.wording import plain, straight

_LOOKED_AT = 20_000
_BEGINNING = 3_000
_OPENING = 700
_ENDING = 400
_SENTENCES = 4
_QUOTED = re.compile(
    r"\"[^\"\n]{3,400}\"|「[^」\n]{1,400}」|『[^』\n]{1,400}』|(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w)){6,300}'(?!\w)"
)
_OPEN_QUOTE = re.compile(r"\"[^\"\n]{12,400}$")
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_MARKS = re.compile(r"[*_#`]+|<[a-z/][^<>\n]{0,60}>")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\s)]+(?=\S)|(?<=[。！？؟।])|\n")
_SPEAKER = re.compile(r"^[ \t]*\**([A-Z][\w.'-]{0,20}(?: [\w.'-]{1,20})?)\**:\**[ \t]+\S[^\n]*$", re.MULTILINE)
_LIST_LINE = re.compile(r"^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+\S", re.MULTILINE)
_INLINE_CODE = re.compile(r"`[^`\n]{1,300}`")


@dataclass(frozen=True)
class Reading:
    """An answer as refusals are looked for in it, in the spelling of ``wording.plain``."""

    sentences: tuple[str, ...]
    """The first four, with their marks; of at most 700 characters."""
    ending: str
    """The last sentence of an answer that has more than those; else empty."""
    words: int
    """Of the first 20,000 characters, without code."""
    list_lines: int
    has_code: bool

    @property
    def opening(self) -> str:
        """The first sentences, parted by blanks."""
        return " ".join(self.sentences)

    def words_after(self, sentence: int, at: int) -> int:
        """How many words follow the character ``at`` of a sentence of the opening."""
        before = sum(count_words(each) for each in self.sentences[:sentence])
        return max(self.words - before - count_words(self.sentences[sentence][:at]), 0)


def read(text: str) -> Reading:
    """The answer as refusals are looked for in it; linear in a bounded part of ``text``."""
    whole = text[:_LOOKED_AT]
    prose = _QUOTED_LINE.sub("", without_fences(whole))
    sentences = _sentences(prose[:_BEGINNING])
    return Reading(
        sentences=_first(sentences),
        ending=_last(prose, text, sentences),
        words=count_words(prose),
        list_lines=len(_LIST_LINE.findall(prose)),
        has_code=bool(fences(whole)),
    )


def _sentences(prose: str) -> list[str]:
    dialogue = len({found[1] for found in _SPEAKER.finditer(prose)}) > 1
    if dialogue:
        prose = _SPEAKER.sub(" … ", prose)
    text = "\n".join(map(_unquoted, prose.splitlines()))
    return [each.strip() for each in _SENTENCE_END.split(text) if each and re.search(r"\w", each)]


def _unquoted(line: str) -> str:
    without_code = _MARKS.sub("", _INLINE_CODE.sub(" … ", straight(line)))
    return _OPEN_QUOTE.sub(" … ", _QUOTED.sub(" … ", plain(without_code)))


def _first(sentences: list[str]) -> tuple[str, ...]:
    found, length = list[str](), 0
    for each in sentences[:_SENTENCES]:
        found.append(each[: _OPENING - length])
        length += len(each)
        if length >= _OPENING:
            break
    return tuple(found)


def _last(prose: str, text: str, sentences: list[str]) -> str:
    if len(text) > _LOOKED_AT:
        found = _sentences(text[-_ENDING:])
        return found[-1] if found else ""
    if len(prose) > _BEGINNING:
        sentences = _sentences(prose[-_ENDING:])
        return sentences[-1] if sentences else ""
    return sentences[-1][:_ENDING] if len(sentences) > _SENTENCES else ""
