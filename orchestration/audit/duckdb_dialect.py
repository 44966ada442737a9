"""A SQLAlchemy dialect of DuckDB that Great Expectations can read results from.

Great Expectations fetches the rows of a query after its connection went back to the pool, and
DuckDB drops what was not fetched by then. This dialect takes all rows when a query has run.
"""

from typing import Any

from duckdb_sqlalchemy import Dialect
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.pool import NullPool, Pool

URL_SCHEME = "duckdb+buffered"


class BufferedContext(Dialect.execution_ctx_cls):  # type: ignore[misc, valid-type]
    """Keeps every row of a result."""

    def post_exec(self) -> None:
        """Take the rows while they are there."""
        super().post_exec()
        cursor: Any = self.cursor
        if cursor is not None and cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                cursor,
                alternate_description=cursor.description,
                initial_buffer=cursor.fetchall(),
            )


class BufferedDialect(Dialect):
    """DuckDB, with results that outlive their connection."""

    driver = "buffered"
    execution_ctx_cls = BufferedContext
    supports_statement_cache = False

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:  # noqa: ARG003
        """None is kept open: the file is free for others as soon as a query has run."""
        return NullPool


def register() -> None:
    """Make `duckdb+buffered:///file` known to SQLAlchemy."""
    registry.register(URL_SCHEME.replace("+", "."), __name__, BufferedDialect.__name__)
