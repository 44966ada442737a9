"""Pulls what lies elsewhere, in a database or a bucket, into the landing folder as files."""

from orchestration.extraction.database import pull_tables, tables_there
from orchestration.extraction.errors import ExtractionError, OriginAwayError
from orchestration.extraction.extract import extract, is_extracted, origins, place_of

__all__ = [
    "ExtractionError",
    "OriginAwayError",
    "extract",
    "is_extracted",
    "origins",
    "place_of",
    "pull_tables",
    "tables_there",
]
