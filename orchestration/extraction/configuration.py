"""Where a source is pulled from: dlt's configuration, section `sources.<source>`.

It is read from `.dlt/config.toml` and `.dlt/secrets.toml` in the current directory, and from
variables such as SOURCES__ACME__CREDENTIALS; dlt documents the names.
"""

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from orchestration.extraction.errors import ExtractionError, root_of

if TYPE_CHECKING:
    from dlt.common.configuration.specs import ConnectionStringCredentials
    from dlt.common.storages import FilesystemConfiguration


def import_dlt() -> Any:
    """The library, which takes seconds to import and reads these two then."""
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
    import dlt  # noqa: PLC0415

    return dlt


def database_of(source: str) -> "ConnectionStringCredentials":
    """The database that a source is pulled from.

    Raises:
        ExtractionError: it is not configured, or not a URL.
    """
    dlt = import_dlt()
    from dlt.common.configuration.exceptions import ConfigurationException  # noqa: PLC0415
    from dlt.common.configuration.specs import ConnectionStringCredentials  # noqa: PLC0415

    try:
        found = dlt.secrets.get(f"sources.{source}.credentials", ConnectionStringCredentials)
    except (ConfigurationException, ValueError):
        # the message might quote the password
        found = None
    if found is None or not found.drivername:
        raise ExtractionError(
            f"{source} is pulled from a database, but its address is not known, or is no URL such "
            f"as postgresql://reader@host/crm. Set {_variable(source, 'credentials')} or, in "
            f".dlt/secrets.toml, [sources.{source}] credentials."
        )
    return found  # type: ignore[no-any-return]


def address(database: "ConnectionStringCredentials") -> str:
    """Where a database is, without who reads it and how."""
    return f"{database.drivername}://{database.host or ''}/{database.database or ''}"


def without_secrets(url: str) -> str:
    """An address without who reads it and how, which a URL may say before `@` and after `?`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def bucket_of(source: str, url: str | None = None) -> "FilesystemConfiguration":
    """The bucket or folder that files are copied from; its credentials are dlt's, by the protocol.

    Raises:
        ExtractionError: it is not configured, or its credentials are not.
    """
    dlt = import_dlt()
    from dlt.common.configuration import resolve_configuration  # noqa: PLC0415
    from dlt.common.configuration.exceptions import ConfigurationException  # noqa: PLC0415
    from dlt.common.storages import FilesystemConfiguration  # noqa: PLC0415

    bucket_url = url or dlt.config.get(f"sources.{source}.bucket_url", str)
    if not bucket_url:
        raise ExtractionError(
            f"{source} is copied from a bucket, but its address is not known. Set "
            f"{_variable(source, 'bucket_url')} or, in .dlt/config.toml, [sources.{source}] "
            "bucket_url."
        )
    try:
        return resolve_configuration(
            FilesystemConfiguration(bucket_url=bucket_url), sections=("sources", source)
        )
    except ConfigurationException as error:
        raise ExtractionError(
            f"{source}: the configuration of {without_secrets(bucket_url)} is not complete. Give "
            f"its credentials in .dlt/secrets.toml, [sources.{source}.credentials], by the names "
            f"that dlt has for a filesystem's. {root_of(error)}."
        ) from error


def _variable(source: str, key: str) -> str:
    return f"SOURCES__{source.upper()}__{key.upper()}"
