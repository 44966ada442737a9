"""The words that exports use for tables, columns and statuses: `vocabulary.yml`, read once."""

import itertools
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.text import column_name

FILE = Path(__file__).with_name("vocabulary.yml")
Concepts = frozenset[str]
Readings = tuple[Concepts, ...]
"""The sets of concepts that a name may mean; more than one where a word has several meanings."""

MAX_READINGS = 16
PREFIXES = ("property", "properties")
"""What loaders put before the name of each property."""

SHORTEST_PART = 3
"""Letters of the shortest word within a compound (`Rechnungsnummer`, `closedate`)."""
LINKS = ("", "s", "n", "en")
"""What joins the parts of a compound."""


@dataclass(frozen=True)
class Vocabulary:
    """Concepts by word, and what phrases of concepts mean in the contract."""

    concepts: Mapping[str, tuple[str, ...]]
    english: frozenset[str]
    ignored: frozenset[str]
    tables: Mapping[str, tuple[Concepts, ...]]
    columns: Mapping[str, Mapping[str, tuple[Concepts, ...]]]
    stages: Mapping[str, str]
    meanings: Mapping[str, Mapping[str, str]]
    outcomes: Mapping[str, str]

    def readings(self, name: str) -> Readings:
        """What a header or the name of a file may mean, without words that say nothing."""
        words = words_of(name)
        if len(words) > 1 and words[0] in PREFIXES:
            del words[0]
        found = [self._meanings(word) for word in words if word not in self.ignored]
        combined = itertools.islice(itertools.product(*found), MAX_READINGS)
        sets = (frozenset(itertools.chain.from_iterable(parts)) for parts in combined)
        return tuple(dict.fromkeys(reading for reading in sets if reading))

    def is_foreign(self, name: str) -> bool:
        """True if a name has a known word that is not English."""
        return any(
            word in self.concepts and word not in self.english
            for word in words_of(name)
            if word not in self.ignored
        )

    def phrases(self, table: str, column: str) -> tuple[Concepts, ...]:
        """The phrases that a column of a contract table is called."""
        return self.columns[table].get(column, ()) or self.columns["*"].get(column, ())

    def _meanings(self, word: str) -> tuple[Concepts, ...]:
        if word in self.concepts:
            return tuple(frozenset({concept}) for concept in self.concepts[word])
        if word.endswith("s") and word[:-1] in self.concepts:
            return self._meanings(word[:-1])
        if parts := _parts(word, frozenset(self.concepts), self.ignored):
            known = [self.concepts[part] for part in parts if part not in self.ignored]
            return tuple(frozenset(found) for found in itertools.product(*known))
        return (frozenset({word}),)


def plain(word: str) -> str:
    """A word in lower case and without accents, as words are compared here."""
    decomposed = unicodedata.normalize("NFKD", word.replace("ß", "ss"))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.lower().split())


def words_of(name: str) -> list[str]:
    """The words of a header or a file's name; numbers say nothing."""
    words = column_name(name.replace("ß", "ss").replace("IDs", "ids")).strip("_").split("_")
    stripped = (word.strip("0123456789") for word in words)
    return [word for word in stripped if word]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of the package."""
    read: dict[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), yaml.CSafeLoader)
    concepts: dict[str, list[str]] = defaultdict(list)
    for language in ("english", "other"):
        for concept, words in read[language].items():
            for word in words:
                if concept not in concepts[plain(word)]:
                    concepts[plain(word)].append(concept)
    return Vocabulary(
        concepts={word: tuple(found) for word, found in concepts.items()},
        english=frozenset(plain(w) for words in read["english"].values() for w in words),
        ignored=frozenset(read["ignored"]),
        tables={table: _phrases(found) for table, found in read["tables"].items()},
        columns={
            table: {column: _phrases(found) for column, found in columns.items()}
            for table, columns in read["columns"].items()
        },
        stages=_by_word(read["stages"]),
        meanings={place: _by_word(found) for place, found in read["meanings"].items()},
        outcomes=_by_word(read["outcomes"]),
    )


def _phrases(texts: Iterable[str]) -> tuple[Concepts, ...]:
    return tuple(frozenset(text.split()) for text in texts)


def _by_word(meanings: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {plain(word): meaning for meaning, words in meanings.items() for word in words}


def _parts(word: str, known: frozenset[str], ignored: frozenset[str]) -> list[str]:
    """The known words that a compound consists of; empty where it is none."""
    for end in range(len(word), SHORTEST_PART - 1, -1):
        head = word[:end]
        if head not in known and head not in ignored:
            continue
        if end == len(word):
            return [head]
        for link in LINKS:
            rest = word[end:]
            if rest.startswith(link) and (more := _parts(rest[len(link) :], known, ignored)):
                return [head, *more]
    return []
