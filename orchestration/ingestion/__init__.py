"""Loads landed files into the raw schemas of the work database, append-only and exactly once."""

from orchestration.ingestion.errors import LandingNotFoundError, LoadError, MissingTablesError
from orchestration.ingestion.ledger import let_exports_delete
from orchestration.ingestion.loader import load
from orchestration.ingestion.lost import lost_files
from orchestration.ingestion.removal import UnknownFileError, forget_files
from orchestration.ingestion.report import FileResult, LoadReport

__all__ = [
    "FileResult",
    "LandingNotFoundError",
    "LoadError",
    "LoadReport",
    "MissingTablesError",
    "UnknownFileError",
    "forget_files",
    "let_exports_delete",
    "load",
    "lost_files",
]
