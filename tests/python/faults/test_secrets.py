"""Secrets come from the environment, and go nowhere."""

from pathlib import Path

from canary import CANARY


def files_with(folder: Path, secret: str) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    ]


def test_no_file_of_a_build_has_a_secret(built: Path) -> None:
    assert any(built.rglob("manifest.json"))
    assert files_with(built, "dim_leads")
    assert files_with(built, CANARY) == []
