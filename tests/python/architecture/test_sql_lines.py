"""Lines of SQL that fit on a screen."""

from orchestration.contract import PROJECT_DIR

LONGEST = 120


def test_no_line_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(PROJECT_DIR)}:{number}"
        for folder in ("models", "tests")
        for path in sorted((PROJECT_DIR / folder).rglob("*.sql"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > LONGEST
    ]
    assert not long, f"Break these lines, of over {LONGEST} characters: {', '.join(long)}"
