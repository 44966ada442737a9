"""Text from outside, made safe to show, and made the name of a column."""

import re
import unicodedata

_SIGNS = str.maketrans("+-*@|", "x_xal")


def printable(text: str, keep: str = "") -> str:
    """The text with what steers a terminal (control and direction marks) written as an escape.

    A file name or a value could otherwise colour, hide or forge lines of a message. Characters of
    `keep` stay as they are.
    """
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def column_name(header: str) -> str:
    """The name of the raw column for a header: snake_case in ASCII; empty where nothing is left.

    `Lead ID`, `leadId` and `LEAD-ID` are `lead_id`. Accents and marks at the end go, and a name
    that starts with a digit gets `_`. dlt's snake_case leaves such a name as it is.
    """
    plain = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode("ascii")
    trimmed = re.sub(r"[^0-9A-Za-z]+$", "", plain).strip()
    words = re.sub(r"[^0-9A-Za-z_]+", "_", trimmed.translate(_SIGNS))
    words = re.sub(r"([^_])([A-Z][a-z]+)", r"\1_\2", words)
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()
    return re.sub(r"__+", "_", f"_{words}" if words[:1].isdigit() else words)
