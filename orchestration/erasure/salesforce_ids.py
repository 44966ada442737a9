"""The two forms of an id of Salesforce: files hold either, and the models hold the short one.

The long form ends in a checksum that says in which places the capitals stand;
macros/contract/salesforce_id.sql reads it the same way. Any text of that shape is taken for one:
whether its column is declared with `id_format: salesforce` may have changed since it landed.
"""

import re

SHORT, LONG = 15, 18

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def forms(text: str) -> set[str]:
    """All texts that are the same id."""
    if re.fullmatch("[0-9A-Za-z]{15}", text):
        return {text, text + _checksum(text)}
    return {text, short_form(text)}


def short_form(text: str) -> str:
    """The id in 15 characters, where it is one in 18; another stays as it is."""
    short, rest = text[:SHORT], text[SHORT:]
    is_long = re.fullmatch("[0-9A-Za-z]{18}", text) and rest == _checksum(short)
    return short if is_long else text


def _checksum(short: str) -> str:
    return "".join(
        _ALPHABET[sum(1 << place for place, letter in enumerate(chunk) if letter.isupper())]
        for chunk in (short[0:5], short[5:10], short[10:15])
    )
