"""An annotation with a list of Secrets, as `check`, `policy` and `manifest` meet it."""

import json
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import yaml
from click.testing import CliRunner

from initsync.cli.main import main
from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from initsync.kube import rbac
from initsync.words import keys
from tests.initsync.cli.manifest_command import IMAGE
from tests.initsync.cli.policy_command import ACCOUNT, ARN, KEY, PLACE

ENTRY = "- provider: aws-secretsmanager\n  path: {}\n  secretName: {}\n"
LIST = (
    "secrets:\n"
    + ENTRY.format("/prod/db", "db")
    + "  keys: [username, password]\n"
    + ENTRY.format("/prod/api", "db")
    + "  keys: [token]\n"
    + ENTRY.format("/prod/db", "url")
    + "  keys: []\n"
    + "  values: {URL: 'postgres://${username|uri}@db/shop'}\n"
)
"""Three entries of two Secrets, and one source used twice."""
HEAD = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: NAME, namespace: shop}}
spec:
  template:
    metadata:
      annotations:
        {keys.ANNOTATION}: |
"""
TAIL = """\
    spec:
      serviceAccountName: web
      containers:
        - name: app
          image: 'app:1.10'
          envFrom: [{secretRef: {name: db}}]
          volumeMounts: [{name: creds, mountPath: /creds}]
      volumes:
        - name: creds
          projected: {sources: [{secret: {name: url}}, {secret: {name: db}}]}
"""


def block(text: str) -> str:
    return "".join(f"          {line}\n" for line in text.splitlines())


def deployment(text: str = LIST, name: str = "web") -> str:
    return HEAD.replace("NAME", name) + block(text) + TAIL


def twice(first: str, second: str) -> str:
    again = HEAD.splitlines(keepends=True)[-1]
    return deployment(first).replace(TAIL, again + block(second) + TAIL)


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, **files: str) -> tuple[int, str, str]:
    """The command, with these files' names behind its arguments."""
    for name, text in files.items():
        Path(f"{name}.yaml").write_text(text)
    result = CliRunner().invoke(main, [*arguments, *(f"{name}.yaml" for name in files)])
    assert "Traceback" not in result.output
    return result.exit_code, result.stdout, result.stderr


def test_a_list_is_one_annotation_and_right() -> None:
    code, out, said = run("check", web=deployment())

    assert (code, out, said) == (0, "", "1 annotation in 1 file checked, 0 invalid\n")


FAULTS = [
    ("path: /prod/api", "path: ''", 7, "secrets[1].path is '', but must not be empty"),
    ("  path: /prod/api\n", "", 6, "field 'secrets[1].path' is missing"),
    ("[token]", "[to ken]", 9, "secrets[1].keys[0] is 'to ken', but"),
    ("[token]", "[password]", 6, "both give Secret db the key password"),
    ("secretName: url", "secretName: U", 12, "secrets[2].secretName is 'U', but"),
    ("secretName: url\n", "secretName: url\n  type: x/y\n", 13, "secrets[2].type is 'x/y', but"),
    ("  keys: []", "  key: []", 13, "secrets[2]: unknown field 'key'"),
    ("${username|uri}", "${username", 14, "secrets[2].values.URL must close each ${"),
]


@pytest.mark.parametrize(("old", "new", "line", "sentence"), FAULTS)
def test_a_fault_in_a_list_is_told_with_the_files_line_and_the_entrys_field(
    old: str, new: str, line: int, sentence: str
) -> None:
    code, out, _ = run("check", web=deployment(LIST.replace(old, new)))

    above = HEAD.count("\n")
    assert code == 3
    assert out.startswith(f"web.yaml:{above + line}: Deployment shop/web: annotation ")
    assert sentence in out


@pytest.mark.parametrize("style", [">", '"'])
def test_of_a_text_that_is_no_literal_block_the_annotations_line_is_told(style: str) -> None:
    wrong = LIST.replace("secretName: url", "secretName: U")
    found = yaml.safe_load(deployment(wrong))
    text = yaml.dump(found, default_style='"') if style == '"' else deployment(wrong)
    if style == ">":
        text = text.replace(": |\n", ": >\n").replace("\n          ", "\n\n          ")

    code, out, _ = run("check", web=text)

    assert code == 3
    assert keys.ANNOTATION in text.splitlines()[int(out.split(":")[1]) - 1]


def test_each_secret_that_nothing_takes_is_warned_of_at_its_entry() -> None:
    text = deployment(LIST + ENTRY.format("/a", "lone") + ENTRY.format("/b", "alone"))

    code, out, said = run("check", web=text)

    first, second = out.splitlines()
    assert (code, said) == (0, "1 annotation in 1 file checked, 0 invalid, 2 warnings\n")
    for line, name in ((first, "lone"), (second, "alone")):
        number = int(line.split(":")[1])
        assert f"warning: nothing in the pod takes from Secret {name}" in line
        assert f"secretName: {name}" in text.splitlines()[number + 1]


OTHER = "provider: aws-secretsmanager\npath: /billing\nsecretName: url\n"


@pytest.mark.parametrize("command", [["check"], ["policy", *PLACE], ["policy", "-o", "helm"]])
def test_two_workloads_with_one_secret_of_different_sources_are_told_with_both_places(
    command: list[str],
) -> None:
    code, out, said = run(*command, a=deployment(), b=deployment(OTHER, "billing"))

    told = out if command == ["check"] else said
    (line,) = (line for line in told.splitlines() if "is made from" in line)
    assert code == 0
    assert "Secret url is made from aws-secretsmanager /billing here, and from " in line
    assert "aws-secretsmanager /prod/db by Deployment shop/web (a.yaml:18): their pods" in line
    where = "b.yaml:8: Deployment shop/billing: " if command == ["check"] else ""
    assert line.startswith(where or "warning: Deployment shop/billing (b.yaml:8): Secret url")


def test_json_of_check_tells_it_too() -> None:
    _, out, _ = run("check", "-o", "json", a=deployment(), b=deployment(OTHER, "billing"))

    told = [it for it in json.loads(out)["findings"] if "is made from" in it["message"]]
    assert [(it["file"], it["line"], it["name"], it["severity"]) for it in told] == [
        ("b.yaml", 8, "billing", "warning")
    ]


def test_two_that_ask_for_the_same_in_the_same_way_are_no_conflict() -> None:
    code, out, said = run("check", a=deployment(), b=deployment(name="api"))

    assert (code, out) == (0, "")
    assert "2 annotations in 2 files checked, 0 invalid\n" in said


@pytest.mark.parametrize("texts", [(LIST, LIST), (OTHER, LIST), (LIST, OTHER)])
@pytest.mark.parametrize(
    "command", [["check"], ["policy", *PLACE], ["manifest", f"--image={IMAGE}"]]
)
def test_the_annotation_twice_is_refused_with_both_lines(
    command: list[str], texts: tuple[str, str]
) -> None:
    text = twice(*texts)
    first, second = (
        number for number, line in enumerate(text.splitlines(), 1) if keys.ANNOTATION in line
    )

    code, out, said = run(*command, web=text)

    told = out if command == ["check"] else said
    assert code == 3
    assert told.startswith(f"web.yaml:{second}: Deployment shop/web: annotation ")
    twice_told = f"is there twice, also at line {first}, and only the last one counts: remove one"
    assert f"{twice_told}, or write both as a list under secrets" in told
    assert command == ["check"] or out == ""


def account(*options: str) -> Any:
    code, out, said = run("policy", *PLACE, "-o", "json", *options, web=deployment())
    assert (code, said) == (0, "")
    (found,) = json.loads(out)["serviceAccounts"]
    return found


def test_one_role_has_all_names_and_each_secret_one_arn() -> None:
    found = account(f"--kms-key={KEY}")

    assert found["secrets"] == [
        {"secretName": name, "provider": "aws-secretsmanager", "path": path}
        for name, path in (("db", "/prod/api"), ("db", "/prod/db"), ("url", "/prod/db"))
    ]
    assert found["kubernetes"]["role"]["rules"] == rbac.rules("db", "url")
    (document,) = found["aws"]["permissionsPolicies"]
    read, decrypt = document["Statement"]
    assert read["Resource"] == [f"{ARN}/prod/api-??????", f"{ARN}/prod/db-??????"]
    assert decrypt["Resource"] == [KEY]


def test_a_key_of_one_of_the_sources_is_the_only_one_to_decrypt_with() -> None:
    (document,) = account(f"--kms-key=/prod/db={KEY}")["aws"]["permissionsPolicies"]

    assert [it["Resource"] for it in document["Statement"]][1:] == [[KEY]]


TERRAFORM = """\
  rule {
    api_groups = [""]
    resources = ["secrets"]
    resource_names = ["db", "url"]
    verbs = ["get", "create", "patch", "jasm-sync"]
  }
"""


def test_terraform_and_the_charts_values_say_the_same() -> None:
    _, terraform, _ = run("policy", *PLACE, "-o", "terraform", web=deployment())
    _, values, _ = run("policy", "-o", "helm", web=deployment())

    squeezed = "\n".join(" ".join(line.split()) for line in terraform.splitlines())
    assert "\n".join(" ".join(line.split()) for line in TERRAFORM.splitlines()) in squeezed
    for path in ("/prod/api", "/prod/db"):
        assert terraform.count(f'"{ARN}{path}-??????"') == 1
    assert terraform.count(ACCOUNT) >= 2
    (item,) = yaml.safe_load(values)["rbac"]["namespaces"]
    assert item["secretNames"] == ["db", "url"]


def test_the_printed_pod_is_what_the_injector_makes() -> None:
    code, out, said = run("manifest", f"--image={IMAGE}", web=deployment())

    before = yaml.safe_load(deployment())["spec"]["template"]
    injected = jsonpatch.apply_patch(
        before, inject(before, "shop", InjectionSettings(IMAGE)).operations
    )
    written = yaml.safe_load(out)["spec"]["template"]
    assert (code, said) == (0, "Deployment 'web': jasm-init was added\n")
    assert written["spec"] == injected["spec"]
    sources = written["spec"]["volumes"][0]["projected"]["sources"]
    assert [it["secret"] for it in sources] == [
        {"name": "url", "optional": True},
        {"name": "db", "optional": True},
    ]
    assert block(LIST) in out


def test_without_a_file_a_lists_parts_are_printed() -> None:
    Path("list.txt").write_text(LIST)

    code, out, _ = run("manifest", f"--image={IMAGE}", "--annotation=list.txt")

    assert code == 0
    assert yaml.safe_load(out)["metadata"]["annotations"][keys.ANNOTATION] == LIST


def test_a_list_of_nothing_but_trouble_is_one_bounded_line() -> None:
    nasty = "\\e[2J" + "x" * 100_000
    entries = "".join(ENTRY.format(f'"{nasty}"', f'"{nasty}"') for _ in range(50))

    code, out, _ = run("check", web=deployment(f"secrets:\n{entries}"))

    (line,) = out.splitlines()
    assert code == 3
    assert len(line) < 1000
    assert line.isprintable()
