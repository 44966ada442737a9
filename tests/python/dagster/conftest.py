"""The code location, loaded as Dagster loads it."""

import dagster as dg
import pytest


@pytest.fixture(scope="session")
def code_location() -> dg.Definitions:
    """Every definition, as a developer's `dg dev` has them."""
    with pytest.MonkeyPatch.context() as patch:
        # retries of these tests need no patience
        patch.setenv("FUNNEL_RETRY_SECONDS", "0.1")
        from orchestration.definitions import defs  # noqa: PLC0415  (reads the settings)

        return defs()
