"""Text from outside, made safe to show."""

import unicodedata


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
