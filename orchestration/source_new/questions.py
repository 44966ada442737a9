"""What the files of an export do not say, for whoever knows it."""

from dataclasses import dataclass

from orchestration.contract import mapping_model
from orchestration.source_new.declared_formats import Formats
from orchestration.source_new.models import first_changes_text
from orchestration.source_new.proposal import Proposal
from orchestration.text import printable


@dataclass(frozen=True)
class Open:
    """A question that the export does not answer, and the place where the answer goes."""

    place: str
    question: str
    raw_table: str = ""
    """The raw table that it is about; empty where it is about the whole source."""

    def __str__(self) -> str:
        return f"{self.place}: {self.question}"


def questions(proposal: Proposal, formats: Formats) -> list[Open]:
    """All that the files do not say."""
    source = proposal.source
    yml = f"_{source}__sources.yml"
    found = [Open(yml, text) for text in (*formats.questions, formats.of_zone) if text]
    found += [
        Open(yml, f"{place}: what does '{printable(word)}' mean? ({rows:,} rows)")
        for place, words in proposal.words.unknown.items()
        for word, rows in words.items()
    ]
    found += [
        Open(yml, f"which table of the contract is {table.name}, if any?", table.name)
        for table in proposal.unplaced
    ]
    for mapping in proposal.mappings:
        model = f"{mapping_model(source, mapping.table)}.sql"
        if mapping.question:
            found.append(Open(model, mapping.question, mapping.raw.name))
        found += [
            Open(model, f"{guess.column}: {printable(guess.question)}", mapping.raw.name)
            for guess in mapping.columns.values()
            if guess.question
        ]
    if not any(mapping.table == "leads" for mapping in proposal.mappings):
        without = (
            "Until then they begin with their first status change."
            if first_changes_text(proposal)
            else "Without one there is no funnel."
        )
        found.append(Open(yml, f"which table has the leads? {without}"))
    return found
