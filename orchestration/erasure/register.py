"""The register of erasures: what later loads must not let in, without naming anybody.

`erasures/requests.jsonl` has an event a line. A tombstone is a keyed hash (HMAC-SHA256) of an id or
an address: whoever loads the person again meets it, and without the key nobody can test a guess.
The key is `FUNNEL_ERASURE_KEY`, or else the file `erasures/key`, made at the first request.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestration.erasure.errors import ErasureError
from orchestration.releases.store import sync
from orchestration.warehouse.paths import Warehouse

KEY_VARIABLE = "FUNNEL_ERASURE_KEY"
_KEY_BYTES = 32
_SHORTEST_KEY = 16
_SEPARATOR = "\x1f"

Kind = Literal["id", "email", "mention", "kept", "removed"]
"""What a tombstone's hash is of.

id       an id of the person, with its source system and whether a lead, customer or visitor has it
email    an address of the person alone
mention  any text that names the person, to be looked for in lines that could not be read
kept     a free text of the person that somebody else has too, or a mail domain: it may stay
removed  a free text that nobody else has
"""


class Tombstone(BaseModel):
    """The keyed hash of something that named an erased person."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    digest: str


State = Literal["requested", "rewritten", "published", "completed"]
"""How far a request has come, in this order.

requested   no load lets the person in any more
rewritten   raw tables and releases are without the person
published   a release without the person is out
completed   a search of all that there is has found nothing of the person
"""


class Event(BaseModel):
    """A request has come to a state."""

    model_config = ConfigDict(frozen=True)

    event: State
    request_id: str
    at: datetime
    key_check: str
    tombstones: tuple[Tombstone, ...] = ()
    rows: dict[str, int] = {}
    """Rows of the person by raw table, when the request was made."""


def keyed_digest(key: bytes, kind: Kind, *parts: str) -> str:
    """The keyed hash of a text, in hexadecimal; the SQL of `pseudonyms.digest` says the same."""
    message = _SEPARATOR.join([kind, *parts])
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


class Register:
    """The erasures of one warehouse.

    Raises:
        ErasureError: the register cannot be read, or the key is not the one that it was made with.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._folder = warehouse.erasures_dir
        self._file = self._folder / "requests.jsonl"
        self._key_file = self._folder / "key"
        self.events = tuple(self._read())
        self.key = self._known_key()

    @property
    def tombstones(self) -> dict[Tombstone, datetime]:
        """Everything that no load may bring back, and when that was last asked for (UTC)."""
        return {
            stone: event.at.astimezone(UTC).replace(tzinfo=None)
            for event in self.events
            for stone in event.tombstones
        }

    def open_requests(self, until: State) -> list[str]:
        """Ids of the requests that have not come so far yet."""
        states = get_args(State)
        so_far = states[states.index(until) :]
        done = {event.request_id for event in self.events if event.event in so_far}
        made = dict.fromkeys(event.request_id for event in self.events)
        return [request_id for request_id in made if request_id not in done]

    def record(
        self,
        event: State,
        request_id: str,
        tombstones: Iterable[Tombstone] = (),
        rows: dict[str, int] | None = None,
    ) -> None:
        """Append an event and wait until it is on disk."""
        entry = Event(
            event=event,
            request_id=request_id,
            at=datetime.now(UTC),
            key_check=self._check(),
            tombstones=tuple(sorted(tombstones, key=lambda stone: (stone.kind, stone.digest))),
            rows=rows or {},
        )
        self._repair_end()
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(entry.model_dump_json(exclude_defaults=True) + "\n")
            file.flush()
            os.fsync(file.fileno())
        sync(self._folder)
        self.events = (*self.events, entry)

    def record_found(self, tombstones: Iterable[Tombstone]) -> None:
        """Add to the latest request; its data are to be rewritten once more."""
        latest = self.events[-1].request_id.split(".")[0]
        number = sum(event.request_id.startswith(latest) for event in self.events)
        self.record("requested", f"{latest}.{number}", tombstones)

    def ready_key(self) -> bytes:
        """The key, which is made where there is none yet."""
        if self.key is not None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self.key
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # under its final name only when it is whole: half a key would fit nothing
        unfinished = self._key_file.with_suffix(".tmp")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._key_file)
        sync(self._folder)
        self.key = self._read_key()
        assert self.key is not None
        return self.key

    def _read(self) -> Iterator[Event]:
        if not self._file.is_file():
            return
        lines = self._file.read_text(encoding="utf-8").split("\n")
        for number, line in enumerate(lines, start=1):
            # a line without its end was cut off by a kill: what it asked for was never begun
            if not line or number == len(lines):
                continue
            try:
                yield Event.model_validate_json(line)
            except ValidationError as error:
                raise ErasureError(
                    f"{self._file}, line {number} cannot be read. Restore it from a backup: "
                    "without it, a load could let erased persons in again."
                ) from error

    def _repair_end(self) -> None:
        """Cut off a last line that has no end."""
        if self._file.is_file():
            text = self._file.read_bytes()
            if text and not text.endswith(b"\n"):
                os.truncate(self._file, text.rfind(b"\n") + 1)

    def _known_key(self) -> bytes | None:
        self.key = self._read_key()
        if not self.events:
            return self.key
        if self.key is None:
            raise ErasureError(
                f"There are erasures in {self._file}, but not the key that they were made with. "
                f"Set {KEY_VARIABLE}, or restore {self._key_file} from a backup: without it, a "
                "load could let erased persons in again."
            )
        if any(event.key_check != self._check() for event in self.events):
            place = KEY_VARIABLE if os.environ.get(KEY_VARIABLE) else self._key_file
            raise ErasureError(
                f"The key in {place} is not the one that the erasures in {self._file} were made "
                "with. Use that one: with another, a load could let erased persons in again."
            )
        return self.key

    def _read_key(self) -> bytes | None:
        given = os.environ.get(KEY_VARIABLE, "").strip()
        if not given and self._key_file.is_file():
            given = self._key_file.read_text(encoding="ascii").strip()
        if not given:
            return None
        if len(given) < _SHORTEST_KEY:
            raise ErasureError(
                f"The erasure key is shorter than {_SHORTEST_KEY} characters. "
                f"Set {KEY_VARIABLE} to a long random one, as from `openssl rand -hex 32`."
            )
        return hashlib.sha256(given.encode()).digest()

    def _check(self) -> str:
        # half of a hash: enough to tell two keys apart
        assert self.key is not None
        return keyed_digest(self.key, "kept", "", "is this the key")[:32]
