"""What an entry of Vault may say, and where the API has what it says."""

import pytest

from initsync.providers.vault import paths


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("secret/app/db", "secret/data/app/db"),
        ("/secret/app/db/", "secret/data/app/db"),
        ("secret/data/app/db", "secret/data/app/db"),
        ("secret/data", "secret/data/data"),
        ("secret/app/data", "secret/data/app/data"),
        ("secret/data/data", "secret/data/data"),
        ("secret/data/app/data/db", "secret/data/app/data/db"),
        ("teams/kv/data/app/db", "teams/kv/data/app/db"),
        ("data/app", "data/data/app"),
        ("data/data/app", "data/data/app"),
    ],
)
def test_version_2_has_a_secret_below_data(path: str, target: str) -> None:
    assert paths.target(path, "2") == target


@pytest.mark.parametrize("path", ["kv/app/db", "/kv/app/db", "kv/data/app/db"])
def test_version_1_has_it_where_it_is_said(path: str) -> None:
    assert paths.target(path, "1") == path.strip("/")


@pytest.mark.parametrize(
    "path",
    ["secret/a", "secret/ä ö?#%2e", "secret/a.b/..c", "kv/" + "x" * 32_765, "secret/a/"],
)
def test_what_vault_takes_is_not_refused(path: str) -> None:
    assert paths.problem(path) is None


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("secret", "MOUNT/PATH"),
        ("/secret/", "MOUNT/PATH"),
        ("/", "no part that is empty"),
        ("secret/a/../b", "'.' or '..'"),
        ("secret/./b", "'.' or '..'"),
        ("secret//b", "empty"),
        ("..", "'.' or '..'"),
        ("secret/a\x7fb", "control characters"),
        ("secret/\ud800", "control characters"),
        ("secret/" + "ä" * 20_000, "32768 bytes"),
    ],
)
def test_what_would_be_another_path_to_vault_is_refused(path: str, rule: str) -> None:
    """It answers 307 to a path without dots, and that may be another secret."""
    assert rule in str(paths.problem(path))


@pytest.mark.parametrize("version", ["1", "3", "0", "007", "999999999999999999"])
def test_a_version_is_a_number(version: str) -> None:
    assert paths.version_problem(version) is None


@pytest.mark.parametrize("version", ["", "v1", "-1", "1.0", "²", "1&x=1", "9" * 19, "latest"])
def test_no_other_text_is_a_version(version: str) -> None:
    assert paths.version_problem(version) == "must be a version's number, such as 3"


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("role", ["app", "Rölle 1"], ["", " ", "a\nb", "x" * 513]),
        ("namespace", ["team-a", "a/b/"], ["", " ", "a\r\nx-evil: 1", "ä", "x" * 513]),
    ],
)
def test_fields_of_its_own_are_one_line(field: str, good: list[str], bad: list[str]) -> None:
    rule = paths.FIELDS[field].problem

    assert [text for text in good if rule(text)] == []
    assert [text for text in bad if not rule(text)] == []
