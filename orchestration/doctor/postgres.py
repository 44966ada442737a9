"""Check that PostgreSQL, if it is a target, has the current release."""

from collections.abc import Iterator

from orchestration.doctor.finding import Finding, Subject, error, fine, warning


def check_postgres(subject: Subject) -> Iterator[Finding]:
    """PostgreSQL answers and has the current release."""
    if subject.settings.postgres is None:
        return
    from orchestration.releases.postgres import (  # noqa: PLC0415  (psycopg, only where it is used)
        PostgresError,
        Target,
        status,
    )

    target = Target.of(subject.settings)
    assert target is not None
    try:
        found = status(subject.warehouse, target)
    except PostgresError as problem:
        yield error(
            "postgres",
            f"BI tools on PostgreSQL may get nothing. {problem}",
            "Start the server, or correct FUNNEL_POSTGRES; then `funnel postgres sync`",
        )
        return
    if found.is_current:
        yield fine("postgres", f"PostgreSQL has release {found.in_postgres}, the current one.")
    else:
        yield warning(
            "postgres",
            f"PostgreSQL has {found.in_postgres or 'no release'}; {found.current or 'none'} is "
            "current.",
            "funnel postgres sync" if found.current else "funnel build",
        )
