"""Files of a bucket, copied into the landing folder: those that are new or changed there."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from orchestration.extraction.configuration import bucket_of, without_secrets
from orchestration.extraction.errors import WHEN_AWAY, ExtractionError, OriginAwayError, root_of
from orchestration.extraction.landed_file import PART, land
from orchestration.text import printable

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


def copy_files(
    source: str,
    landing: Path,
    state: Path,
    echo: Callable[[str], None] = lambda _: None,
    *,
    url: str | None = None,
) -> None:
    """Copies each file under the bucket's URL that has another size or date than when last copied.

    `state` is the file that says what was copied. A file that is gone from the bucket stays in the
    landing folder: what was landed is the record of what was loaded.

    Raises:
        ExtractionError: the bucket is not configured, or a name in it leads out of the folder.
        OriginAwayError: it does not answer.
    """
    bucket = bucket_of(source, url)
    copied: dict[str, list[Any]] = (
        json.loads(state.read_text(encoding="utf-8")) if state.is_file() else {}
    )
    try:
        for name, mark, file_system, path in _listed(bucket):
            target = landing / _inside(name, source)
            if copied.get(name) == mark and target.is_file():
                continue
            with file_system.open(path, "rb") as file:
                echo(f"{printable(name)}: {land(file, target):,} bytes")
            copied[name] = mark
            _write(state, copied)
    except ExtractionError:
        raise
    except Exception as error:
        # each protocol's library has exceptions of its own
        raise OriginAwayError(
            f"{source} cannot be copied from {without_secrets(bucket.bucket_url)}: "
            f"{root_of(error)}. {WHEN_AWAY}"
        ) from error


def _listed(bucket: Any) -> Iterator[tuple[str, list[Any], "AbstractFileSystem", str]]:
    """Name under the URL, mark of its state, and where it is read, of each file."""
    from dlt.common.storages import fsspec_from_config  # noqa: PLC0415
    from dlt.common.storages.fsspec_filesystem import glob_files  # noqa: PLC0415

    file_system, _ = fsspec_from_config(bucket)
    file_system.invalidate_cache()
    for item in glob_files(file_system, bucket.bucket_url, "**"):
        mark = [item.get("size_in_bytes"), item["modification_date"].isoformat()]
        yield item["relative_path"], mark, file_system, item["file_url"]


def _inside(name: str, source: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise ExtractionError(
            f"{source}: the bucket has a file named {printable(name)!r}, which leads out of the "
            "landing folder. Rename it there."
        )
    return path


def _write(state: Path, copied: dict[str, list[Any]]) -> None:
    state.parent.mkdir(parents=True, exist_ok=True)
    part = state.with_suffix(PART)
    part.write_text(json.dumps(copied, ensure_ascii=False, indent=0), encoding="utf-8")
    part.replace(state)
