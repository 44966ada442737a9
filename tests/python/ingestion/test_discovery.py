"""Which files of the landing folder are taken, and what is said about the others."""

import os
from pathlib import Path

import pytest
from support.loader_trial import LEADS, Trial

from orchestration.contract import RawTable
from orchestration.ingestion.discovery import find_files


def table(name: str, files: str) -> RawTable:
    return RawTable(source="trial", name=name, files=files, columns=())


def touch(landing: Path, *names: str) -> None:
    for name in names:
        (landing / name).parent.mkdir(parents=True, exist_ok=True)
        (landing / name).touch()


@pytest.mark.parametrize(
    ("pattern", "name", "is_taken"),
    [
        ("leads/**/*", "leads/a.csv", True),
        ("leads/**/*", "leads/2025/01/a.csv.gz", True),
        ("leads/**/*", "leads/a.b.parquet", True),
        ("leads/**/*", "leads/a.JSONL.GZ", True),
        ("leads/**/*", "leads.csv", False),
        ("leads/**/*", "old/leads/a.csv", False),
        ("leads/**/*", "leads_old/a.csv", False),
        ("crm/**/*deals*", "crm/x_deals_dataset.csv", True),
        ("crm/**/*deals*", "crm/2025/deals.tsv", True),
        ("crm/**/*deals*", "crm/deals/other.csv", False),
        ("crm/deals", "crm/deals.csv", True),
        ("crm/deals", "crm/deals.2025.csv", False),
    ],
)
def test_glob_without_ending_decides(
    tmp_path: Path, pattern: str, name: str, is_taken: bool
) -> None:
    touch(tmp_path, name)
    files, notes = find_files(tmp_path, [table("leads", pattern)])
    assert [file.name for file in files] == [name] * is_taken
    assert len(notes) == (not is_taken)


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    touch(tmp_path, "leads/b.csv", "activities/z.csv", "leads/a/z.csv", "leads/a.csv")
    files, _ = find_files(
        tmp_path, [table("leads", "leads/**/*"), table("activities", "activities/**/*")]
    )
    assert [(file.table.name, file.name) for file in files] == [
        ("activities", "activities/z.csv"),
        ("leads", "leads/a.csv"),
        ("leads", "leads/a/z.csv"),
        ("leads", "leads/b.csv"),
    ]


def test_what_is_left_alone_is_noted(tmp_path: Path) -> None:
    touch(tmp_path, "leads/.hidden.csv", "leads/.cache/a.csv", "leads/README", "leads/a.docx")
    touch(tmp_path, *(f"lead/{letter}.csv" for letter in "abcde"), "notes.txt")
    os.mkfifo(tmp_path / "leads" / "pipe.csv")
    (tmp_path / "leads" / "gone.csv").symlink_to(tmp_path / "leads" / "nowhere")
    (tmp_path / "leads" / "circle.csv").symlink_to(tmp_path / "leads" / "back.csv")
    (tmp_path / "leads" / "back.csv").symlink_to(tmp_path / "leads" / "circle.csv")
    files, notes = find_files(tmp_path, [table("leads", "leads/**/*")])
    assert files == ()
    expected = [
        "leads/.hidden.csv: left alone, hidden.",
        "leads/.cache/a.csv: left alone, hidden.",
        "leads/README: left alone, not one of the known formats (",
        "leads/a.docx: left alone, not one of the known formats (",
        "leads/pipe.csv: left alone, not a regular file.",
        "leads/gone.csv: left alone, not a regular file.",
        "leads/circle.csv: left alone, not a regular file.",
        "leads/back.csv: left alone, not a regular file.",
        "lead: 5 file(s) belong to no table of the active sources (lead/a.csv, lead/b.csv, "
        "lead/c.csv and 2 more).",
        "notes.txt: 1 file(s) belong to no table of the active sources (notes.txt).",
    ]
    assert len(notes) == len(expected)
    assert all(any(note.startswith(start) for note in notes) for start in expected), notes


def test_links_out_of_the_landing_folder_are_not_followed(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    touch(tmp_path, "secret.csv", "secrets/a.csv", "landing/leads/real.csv")
    (landing / "leads" / "file.csv").symlink_to(tmp_path / "secret.csv")
    (landing / "leads" / "up.csv").symlink_to(Path("..", "..", "secret.csv"))
    (landing / "leads" / "folder").symlink_to(tmp_path / "secrets")
    (landing / "leads" / "loop").symlink_to(landing)
    (landing / "leads" / "inside.csv").symlink_to(landing / "leads" / "real.csv")
    files, notes = find_files(landing, [table("leads", "leads/**/*")])
    assert [file.name for file in files] == ["leads/inside.csv", "leads/real.csv"]
    assert sorted(notes) == [
        "leads/file.csv: left alone, a link that leads out of the landing folder.",
        "leads/folder: link to a folder, not followed.",
        "leads/loop: link to a folder, not followed.",
        "leads/up.csv: left alone, a link that leads out of the landing folder.",
    ]


def test_notes_reach_the_report(trial: Trial) -> None:
    trial.land("leads/a.csv", LEADS)
    trial.land("leed/b.csv", LEADS)
    assert trial.load().notes == (
        "leed: 1 file(s) belong to no table of the active sources (leed/b.csv).",
    )
