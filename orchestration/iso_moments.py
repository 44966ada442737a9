"""SQL that reads ISO 8601 text, where landed text is read without its mapping.

The grammar of macros/dialect/timestamps.sql without the declared formats: what else DuckDB reads
(`now`, `05/02/24`) is no moment here, and the cast never sees a zone by name, which would move the
rows that follow.
"""

DAY = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
MINUTE = "[T ]([01]?[0-9]|2[0-3]):[0-5][0-9]"
SECONDS = ":[0-5][0-9]([.][0-9]+)?"
OFFSET = "(Z| UTC|[-+][0-9]{2}(:?[0-9]{2})?)"


def iso_moment(text: str) -> str:
    """The moment (UTC) that a text says; a wall clock without an offset counts as UTC."""
    return f"""(
        case
            when regexp_full_match({text}, '{DAY}({MINUTE}({SECONDS})?)?')
                then try_cast({text} as timestamp)
            when regexp_full_match({text}, '{DAY}{MINUTE}{SECONDS}{OFFSET}')
                then make_timestamp(epoch_us(try_cast({text} as timestamptz)))
        end
    )"""
