"""Small landings that went wrong once, several of them in one warehouse."""

import csv
from pathlib import Path

LANDINGS = Path(__file__).parent / "landings"
"""One folder a case: its README says what is right, its subfolders are tables of the contract."""


def land_cases(landing: Path, *cases: str) -> None:
    """Copies the cases into one landing folder, each as a source system of its own name.

    E-mail addresses get the case into their domain, so that nobody is a person of two cases. Rows
    that name a source system keep it behind the case's name.
    """
    for case in cases:
        for file in sorted((LANDINGS / case).glob("*/*.csv")):
            _land(file, landing / file.parent.name / f"{case}_{file.name}", case)


def _land(file: Path, landed: Path, case: str) -> None:
    landed.parent.mkdir(parents=True, exist_ok=True)
    domain = case.replace("_", "-")
    with file.open(newline="", encoding="utf-8") as source, landed.open("w", newline="") as target:
        reader = csv.DictReader(source)
        names = [*(reader.fieldnames or ())]
        if "source_system" not in names:
            names.append("source_system")
        writer = csv.DictWriter(target, names)
        writer.writeheader()
        for row in reader:
            if row.get("email"):
                row["email"] = row["email"].replace("@", f"@{domain}.")
            system = row.get("source_system")
            row["source_system"] = f"{case}.{system}" if system else case
            writer.writerow(row)
