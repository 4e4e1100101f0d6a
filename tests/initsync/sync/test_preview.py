"""A run without writes: what would change, and never a value."""

from initsync.sync.preview import Change, Preview, changes
from tests.initsync.sync.one_secret import Cluster, Provider, run


def test_changes_are_key_names_and_sizes() -> None:
    before = {"same": "YQ==", "value": "YQ==", "gone": "YWI="}
    after = {"same": "YQ==", "value": "YWJj", "new": "YWJjZA=="}

    found = changes(before, after)

    assert found == [Change("gone", 2, None), Change("new", None, 4), Change("value", 1, 3)]
    assert list(map(str, found)) == [
        "- gone (2 bytes)",
        "+ new (4 bytes)",
        "~ value (1 -> 3 bytes)",
    ]


def test_a_preview_reads_and_writes_nothing() -> None:
    cluster = Cluster()
    cluster.put({"a": "1", "b": "2"})
    preview = Preview(cluster)

    outcome = run(preview, Provider(a="pl4nted", c="3"))

    assert cluster.calls == ["read"]
    assert outcome.said(dry_run=True) == "Secret db would be updated with 2 keys from vault kv/db"
    assert preview.changes == [
        Change("a", 1, 7, "db"),
        Change("b", 1, None, "db"),
        Change("c", None, 1, "db"),
    ]
    assert "pl4nted" not in repr(preview.changes)


def test_an_equal_secret_previews_no_change() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})
    preview = Preview(cluster)

    outcome = run(preview, Provider(a="1"))

    assert preview.changes == []
    assert outcome.said(dry_run=True) == "Secret db is up to date with 1 key from vault kv/db"
