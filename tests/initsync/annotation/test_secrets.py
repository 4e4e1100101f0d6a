"""A list of entries: how many, what each must have, and what may not stand beside them (D30)."""

import pytest

from initsync.annotation.request import asked
from initsync.words.errors import AnnotationError
from initsync.words.model import Key, Selection, SyncRequest, targets
from tests.initsync.annotation.written import POD, entry, listed, read, sentence


def test_a_list_is_its_entries_in_order_each_with_its_line() -> None:
    text = listed(entry(name="db"), entry("keys: [a]\n", name="cache", path="kv/cache"))

    assert read(text) == (
        SyncRequest("vault", "kv/db", "db", POD, line=2),
        SyncRequest(
            "vault", "kv/cache", "cache", POD, selection=Selection(keys=(Key("a", "a"),)), line=5
        ),
    )


def test_one_entry_is_the_same_without_the_list() -> None:
    (alone,) = read(entry("keys: [a]\n"))
    (in_list,) = read(listed(entry("keys: [a]\n")))

    assert alone == in_list._replace(line=0)


@pytest.mark.parametrize("count", [1, 2, 50])
def test_up_to_fifty_are_taken(count: int) -> None:
    text = listed(*(entry(name=f"db-{number}") for number in range(count)))

    assert [request.secret_name for request in read(text)] == [f"db-{it}" for it in range(count)]


def test_entries_of_one_secret_are_one_target_in_the_order_of_the_first() -> None:
    text = listed(
        entry("keys: [a]\n", name="one", path="x"),
        entry("keys: [b]\n", name="two", path="y"),
        entry("keys: [c]\n", name="one", path="z"),
    )

    found = targets(read(text))

    assert [target.secret_name for target in found] == ["one", "two"]
    assert [entry.secret_path for entry in found[0].entries] == ["x", "z"]


FIFTY_ONE = listed(*(entry(name=f"db-{number}") for number in range(51)))
NO_LIST = "line 1: secrets must be a list: begin each entry with '- '"
NO_MAP = "line 2: secrets[0] must have the fields provider, path, secretName"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("secrets: []", "line 1: secrets has 0 entries, but must have 1 to 50 entries"),
        (FIFTY_ONE, "line 2: secrets has 51 entries, but must have 1 to 50 entries"),
        ("secrets:", NO_LIST),
        ("secrets: db", NO_LIST),
        ("secrets: 5", NO_LIST),
        ("secrets: {provider: vault}", NO_LIST),
        ("secrets:\n- db", NO_MAP),
        ("secrets:\n- 5", NO_MAP),
        ("secrets:\n-", NO_MAP),
        ("secrets:\n- [provider]", NO_MAP),
        (
            f"{listed(entry())}- text\n",
            "line 5: secrets[1] must have the fields provider, path, secretName",
        ),
        ("secrets:\n- {}", "line 2: field 'secrets[0].provider' is missing; set provider, path"),
        (
            "secrets:\n- provider: vault\n  path: a\n",
            "line 2: field 'secrets[0].secretName' is missing; set provider, path and secretName",
        ),
        (
            listed(entry(), entry(path="''")),
            "line 6: secrets[1].path is '', but must not be empty",
        ),
        (
            listed(entry(), entry(name="DB")),
            "line 7: secrets[1].secretName is 'DB', but must be a DNS-1123 subdomain",
        ),
        (
            listed(entry().replace("vault", "azure")),
            "line 2: secrets[0].provider is 'azure', but must be one of: aws-secretsmanager, vault",
        ),
        (
            listed(entry("keys: x\n")),
            "line 5: secrets[0].keys must be a list: begin each name with '- '",
        ),
        (listed(entry("secretName: b\n")), "line 5: field 'secretName' is there twice"),
        (listed(entry("bogus: b\n")), "line 5: secrets[0]: unknown field 'bogus'; known are"),
        (listed(entry("secrets: []\n")), "line 5: secrets[0]: unknown field 'secrets'; known are"),
        ("secrets: []\nsecrets: []", "line 2: field 'secrets' is there twice"),
    ],
)
def test_every_mistake_names_its_entry(text: str, said: str) -> None:
    assert sentence(text).startswith(said)


@pytest.mark.parametrize("field", ["provider: vault", "keys: [a]", "version: 2", "bogus: 1"])
@pytest.mark.parametrize("first", [True, False])
def test_no_field_may_stand_beside_the_list(field: str, first: bool) -> None:
    text = f"{field}\n{listed(entry())}" if first else f"{listed(entry())}{field}\n"

    name, line = field.partition(":")[0], 1 if first else 5

    assert sentence(text) == (
        f"line {line}: field '{name}' must not stand beside secrets: write it into the entries"
    )


class TestAsked:
    """The Secrets' names, for who must know them before the annotation is right."""

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            (entry(), ("db",)),
            (entry("bogus: [1, 2]\n"), ("db",)),
            (listed(entry(name="one"), entry(name="two"), entry(name="one")), ("one", "two")),
            (listed(entry("keys: {a: 1}\n"), "- text\n", "secretName: b\n"), ("db", "b")),
            (listed("provider: vault\n", "secretName: b\n"), ("b",)),
            (listed("secretName: ''\n", "secretName: b\n"), ("b",)),
            (listed("secretName: [a]\n", "secretName: b\n"), ("b",)),
            (listed("secretName: 5\n", "secretName: b\n"), ("b",)),
            (f"path: a\n{listed(entry())}", ("db",)),
            ("secrets: text\nsecretName: db", ("db",)),
            ("secretName: db\nprovider: [x]", ("db",)),
        ],
    )
    def test_they_are_read_as_far_as_they_can_be(self, text: str, names: tuple[str, ...]) -> None:
        assert asked(text) == names

    def test_of_too_long_a_list_all(self) -> None:
        assert len(asked(FIFTY_ONE)) == 51

    @pytest.mark.parametrize("text", ["secrets: []", "secrets:", "path: a", "secrets: [a, [b]]"])
    def test_where_there_is_none_that_is_said(self, text: str) -> None:
        with pytest.raises(AnnotationError, match="it names no Secret"):
            asked(text)

    @pytest.mark.parametrize("text", ["", "- a", "secrets: [", "secretName: &a db\npath: *a"])
    def test_what_is_no_map_is_said_as_of_any_annotation(self, text: str) -> None:
        with pytest.raises(AnnotationError) as caught:
            asked(text)

        assert str(caught.value).endswith(sentence(text))
