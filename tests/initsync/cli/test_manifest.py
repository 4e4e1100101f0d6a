"""`initsync manifest` as a team meets it that opts out of injection."""

import json
import time
from pathlib import Path

import jsonpatch
import pytest
import yaml
from click.testing import CliRunner

from initsync.cli.main import main
from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from initsync.words import keys
from tests.initsync.cli.manifest_command import DEPLOYMENT, IMAGE, run, template
from tests.places import ROOT

EXAMPLES = ROOT / "deploy" / "examples"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_workload_has_what_the_injector_would_give_its_pods() -> None:
    code, out, said = run("-", stdin=DEPLOYMENT)

    before = template(next(yaml.safe_load_all(DEPLOYMENT)))
    done = inject(before, "shop", InjectionSettings(IMAGE))
    injected = jsonpatch.apply_patch(before, done.operations)
    written = template(next(yaml.safe_load_all(out)))
    assert (code, said) == (0, "Deployment 'web': jasm-init was added\n")
    assert written["spec"] == injected["spec"]
    assert [it["name"] for it in written["spec"]["initContainers"]] == ["jasm-init", "jasm-wait"]
    assert written["metadata"]["annotations"][keys.INJECT] == "false"
    assert keys.INJECTED not in written["metadata"]["annotations"]


@pytest.mark.threat("An image is somebody else's")
def test_without_an_image_nothing_is_written() -> None:
    """Any default would be the name of a registry that is not the team's."""
    result = CliRunner().invoke(main, ["manifest", "-"], input=DEPLOYMENT)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Missing option '--image'" in result.stderr


def test_everything_else_stays_as_it_was() -> None:
    _, out, _ = run("-", stdin=DEPLOYMENT)

    rest = iter(out.splitlines())
    changed = "          secret: {secretName: db, defaultMode: 0440}"
    lines = [line for line in DEPLOYMENT.splitlines() if line != changed]
    assert all(line in rest for line in lines)
    assert changed[:-1] + ', "optional": true}\n' in out
    assert out.endswith(DEPLOYMENT.partition("---\n")[2])


def test_its_own_output_is_left_as_it_is() -> None:
    _, out, _ = run("-", stdin=DEPLOYMENT)

    code, again, said = run("-", stdin=out)

    assert (code, again) == (0, out)
    assert said == "Deployment 'web': left as it is: already there\n"


def test_the_example_is_what_it_prints() -> None:
    code, out, _ = run(str(EXAMPLES / "1-injected.yaml"))

    example = (EXAMPLES / "2-by-hand-in-the-pod.yaml").read_text()
    name = "  name: app-without-injector\n"
    head, _, body = example.partition("apiVersion:")
    assert code == 0
    command = f"`initsync manifest --image {IMAGE} deploy/examples/1-injected.yaml`"
    assert command in " ".join(head.split("\n# "))
    assert body.replace(name, "  name: app\n", 1) == out.partition("apiVersion:")[2]


def test_json_stays_json() -> None:
    document = next(yaml.safe_load_all(DEPLOYMENT))
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [document, document]}, indent=4)

    code, out, _ = run("-", stdin=text)

    written = [template(it)["spec"] for it in json.loads(out)["items"]]
    assert code == 0
    assert [len(spec["initContainers"]) for spec in written] == [2, 2]


def test_files_become_one_text() -> None:
    for name in ("a", "b"):
        Path(f"{name}.yaml").write_text(DEPLOYMENT.rstrip("\n"))

    code, out, said = run(".")

    kinds = [document["kind"] for document in yaml.safe_load_all(out)]
    assert (code, kinds) == (0, ["Deployment", "ConfigMap"] * 2)
    assert said.count("was added") == 2


@pytest.mark.parametrize("second", ["%YAML 1.1\n---\n", "# its\n\n%YAML 1.1\n---\n", "---\n", ""])
def test_a_file_with_directives_can_follow_another(second: str) -> None:
    Path("a.yaml").write_text(DEPLOYMENT)
    Path("b.yaml").write_text(f"{second}kind: ConfigMap\ndata: {{a: b}}\n")

    code, out, _ = run("a.yaml", "b.yaml")

    kinds = [document["kind"] for document in yaml.safe_load_all(out)]
    assert (code, kinds) == (0, ["Deployment", "ConfigMap", "ConfigMap"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    spec:\n", "    spec:\t# tab\n"),
        ("image: 'app:1.10'", "image: 'app:1.10'\t# tab"),
        ("replicas: 2", "paused: =\n  built: 2024-13-01"),
        (f"{keys.ANNOTATION}:", f'"{keys.ANNOTATION}":'.replace("/", "\\/")),
    ],
)
def test_what_check_can_read_it_can_write(old: str, new: str) -> None:
    text = DEPLOYMENT.replace(old, new, 1)
    assert CliRunner().invoke(main, ["check", "-"], input=text).exit_code == 0

    code, out, said = run("-", stdin=text)

    assert (code, said) == (0, "Deployment 'web': jasm-init was added\n")
    assert new in out


@pytest.mark.parametrize("end", ["5", "5.5"])
def test_numbers_to_the_base_60_are_text_as_to_kubernetes(end: str) -> None:
    """Read as numbers 900 KB took minutes, and what no float holds was a bug."""
    large = "x: 1:" + "59:" * 300_000 + end
    began = time.process_time()

    code, out, _ = run("-", stdin=DEPLOYMENT.replace("metadata:", f"{large}\nmetadata:", 1))

    assert (code, large in out) == (0, True)
    assert time.process_time() - began < 10


def test_kinds_and_annotations_of_no_meaning_are_left_as_they_are() -> None:
    text = f"# {keys.ANNOTATION}\nkind: [a]\nspec: {{template: {{metadata: {{annotations: 5}}}}}}\n"

    assert run("-", stdin=text)[:2] == (0, text)


def test_an_invalid_annotation_is_told_as_check_does_and_nothing_is_printed() -> None:
    Path("bad.yaml").write_text(DEPLOYMENT.replace("secretName: db\n", "secretName: DB\n"))

    code, out, said = run("bad.yaml")

    checked = CliRunner().invoke(main, ["check", "bad.yaml"])
    assert (code, out, said) == (3, "", checked.stdout)


def test_an_annotation_without_effect_is_warned_of() -> None:
    text = DEPLOYMENT.replace("annotations:\n", f"annotations:\n        {keys.PLACE}: nowhere\n")

    code, _, said = run("-", stdin=text)

    assert code == 0
    assert said.startswith(f"warning: Deployment 'web': annotation {keys.PLACE} is ignored:")


def test_manifests_that_ask_for_nothing_come_out_as_they_went_in() -> None:
    text = DEPLOYMENT.replace(keys.ANNOTATION, "other")

    code, out, said = run("-", stdin=text)

    assert (code, out) == (0, text)
    assert said == "warning: no pod asks for a secret: nothing was added\n"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("    spec:\n", "    spec: &s\n", "Deployment 'web', line 14 of its document, cannot be"),
        ("      containers:", "      containers: 1\n      x:", "its pod has not a pod's form"),
        ("  replicas: 2", "  replicas: !two 2", "cannot be read: write line 6 of its document as"),
    ],
)
def test_what_cannot_be_added_to_is_told_and_nothing_is_printed(
    old: str, new: str, sentence: str
) -> None:
    code, out, said = run("-", stdin=DEPLOYMENT.replace(old, new, 1))

    assert (code, out) == (2, "")
    assert said.startswith("error: <stdin>: ")
    assert sentence in said
