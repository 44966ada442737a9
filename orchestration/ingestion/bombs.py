"""Limits of what a compressed file may unpack to."""

from orchestration.ingestion.errors import FileError

MAX_EXPANSION = 200
"""How many bytes one compressed byte may become: exports reach 10 to 40, a bomb a thousand."""

ALWAYS_UNPACKED_BYTES = 64 << 20
"""Up to this size (64 MiB) a file is unpacked whatever its expansion."""


def unpacked_limit(packed_bytes: int) -> int:
    """How many bytes may come of a compressed file of this size."""
    return max(ALWAYS_UNPACKED_BYTES, MAX_EXPANSION * packed_bytes)


def assert_no_bomb(unpacked_bytes: int, limit: int) -> None:
    """Stop before a file takes the disk.

    Raises:
        FileError: it unpacks to more than the limit.
    """
    if unpacked_bytes > limit:
        raise FileError(
            f"it unpacks to more than {limit:,} bytes, {MAX_EXPANSION} times its size: a "
            "decompression bomb, or one value repeated endlessly",
            "Check its source; if it is correct, land it unpacked",
        )
