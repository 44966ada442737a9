"""Text of an export in the files of a source, where it must not mean anything."""

from orchestration.text import printable


def without_braces(text: str) -> str:
    """The text as part of a comment or a description: dbt renders what stands in braces."""
    return printable(text, keep="\n").replace("{", "(").replace("}", ")")
