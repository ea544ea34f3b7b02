"""Text that every database can keep: no NUL, and no half of a surrogate pair."""

_REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """``text`` with surrogate halves that belong together joined, and with U+FFFD for lone ones and for NUL.

    Nothing else changes; a text without any comes back as it is.
    """
    if "\x00" in text:
        text = text.replace("\x00", _REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
