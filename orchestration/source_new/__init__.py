"""Proposes the folder of a source from the files of an export: `funnel source new`."""

from orchestration.source_new.new_source import NewSource, new_source

__all__ = ["NewSource", "new_source"]
