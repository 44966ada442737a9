"""ZIP archives: each member is a landed file of its own, and nothing is unpacked by its name."""

import lzma
import shutil
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import cast

from orchestration.ingestion.bombs import assert_no_bomb, unpacked_limit
from orchestration.ingestion.errors import FileError, unreadable

ENDING = ".zip"
MAX_MEMBERS = 10_000
"""Members that an archive may have; an export of all objects of a CRM has a few hundred."""

_NESTED = (ENDING, ".7z", ".rar", ".tar", ".tgz", ".tar.gz", ".tar.zst")
_IS_ENCRYPTED = 0x1
_BLOCK_BYTES = 1 << 20
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, ValueError, OverflowError, KeyError),
)


@dataclass(frozen=True)
class Member:
    """One file in an archive: its name with `/`, its key there, and its size when unpacked.

    `fault` is why it cannot be read, if it cannot.
    """

    name: str
    key: str
    byte_count: int
    fault: FileError | None = None


def members(archive: Path) -> list[Member]:
    """The members of an archive, without folders, in its order.

    Raises:
        FileError: it is no archive, cut off or damaged, or a bomb.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            found = [entry for entry in opened.infolist() if not entry.is_dir()]
    except (*_DAMAGE, NotImplementedError) as error:
        raise FileError(
            f"the ZIP archive is cut off or damaged ({error})", "Land it again, complete"
        ) from error
    except OSError as error:
        raise unreadable(error) from error
    # a ZIP that is cut off may end within a member that is a ZIP itself, and read as that
    if found and min(entry.header_offset for entry in found) > 0:
        raise FileError("the ZIP archive does not begin with a member", "Land it again, complete")
    if len(found) > MAX_MEMBERS:
        raise FileError(
            f"an archive of {len(found):,} members, the limit is {MAX_MEMBERS:,}",
            "Land what you need of it",
        )
    limit = unpacked_limit(archive.stat().st_size)
    assert_no_bomb(sum(entry.file_size for entry in found), limit)
    names = Counter(_name(entry) for entry in found)
    return [
        Member(name, entry.filename, entry.file_size, _fault(entry, names[name]))
        for name, entry in {_name(entry): entry for entry in found}.items()
    ]


@contextmanager
def opened(archive: Path, member: Member) -> Iterator[BufferedIOBase]:
    """The unpacked bytes of a member.

    Raises:
        FileError: it is damaged, or packed in a way that Python does not know.
    """
    try:
        with zipfile.ZipFile(archive) as found, found.open(member.key) as stream:
            yield cast(BufferedIOBase, stream)
    except _DAMAGE as error:
        raise FileError(
            f"this member of the archive is cut off or damaged ({error})",
            "Land the archive again, complete",
        ) from error
    except (NotImplementedError, RuntimeError) as error:
        raise FileError(
            f"this member of the archive is packed in an unknown way ({error})",
            "Land it unpacked",
        ) from error


def unpack(archive: Path, member: Member, target: Path) -> None:
    """Write a member to `target`.

    Raises:
        FileError: as `opened`.
    """
    with opened(archive, member) as stream, target.open("wb") as unpacked:
        shutil.copyfileobj(stream, unpacked, _BLOCK_BYTES)


def _name(entry: zipfile.ZipInfo) -> str:
    return entry.filename.replace("\\", "/")


def _fault(entry: zipfile.ZipInfo, count: int) -> FileError | None:
    name = PurePosixPath(_name(entry))
    if name.is_absolute() or ".." in name.parts or name.parts[0].endswith(":"):
        return FileError(
            "the name of this member leads out of the archive",
            "Check where the archive is from, and pack it again",
        )
    if count > 1:
        return FileError(
            f"the archive has {count} members of this name",
            "Pack it again with one of them, or with two names",
        )
    if entry.flag_bits & _IS_ENCRYPTED:
        return FileError("this member of the archive is encrypted", "Land it without a password")
    if name.name.lower().endswith(_NESTED):
        return FileError("an archive within an archive", "Unpack the outer one")
    return None
