"""The table of `initsync list`, without a cluster."""

from initsync.cli import list as command
from initsync.inventory.usage import Managed

NOW = 1_800_000_000.0
WRITTEN = "2027-01-15T07:00:00Z"


def row(path: str, version: str, provider: str = "aws-secretsmanager") -> list[str]:
    one = Managed("shop", "db", provider, path, version, WRITTEN, WRITTEN, [])
    _, line = command._lines([one], NOW, unused=False)
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_one_source_has_its_path_and_its_version() -> None:
    assert row("/prod/db", "5f2e1c09-6a1d-4f0e")[2:5] == [
        *("aws-secretsmanager", "/prod/db", "5f2e1c09")
    ]
    assert row("", "", "")[2:5] == ["?", "?", "?"]


def test_several_sources_are_joined_in_their_order() -> None:
    """As the Secret's annotations have them: one a line."""
    path = "aws-secretsmanager /prod/db\nvault secret/db"

    assert row(path, "5f2e1c09-6a1d\n7", "several")[2:5] == [
        *("several", "aws-secretsmanager /prod/db, vault secret/db", "5f2e1c09, 7")
    ]
    assert row(path, "\n7", "several")[4] == "?, 7"


def test_of_many_the_first_are_shown() -> None:
    many = [f"aws-secretsmanager /prod/{number}" for number in range(50)]

    assert row("\n".join(many), "\n".join(map(str, range(50))))[3:5] == [
        *(f"{', '.join(many[:3])} and 47 more", "0, 1, 2 and 47 more")
    ]


def test_what_anybody_wrote_on_a_secret_is_one_bounded_line() -> None:
    nasty = "\x1b[2J\r" + "x" * 100_000

    _, line = command._lines(
        [Managed("shop", "db", nasty, nasty, nasty, nasty, nasty, [])], NOW, unused=False
    )

    assert len(line) < 5000
    assert line.isprintable()
