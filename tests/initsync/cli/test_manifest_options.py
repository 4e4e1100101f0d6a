"""What `initsync manifest` is told by options, and what it prints without a file and as JSON."""

import dataclasses
import json
from pathlib import Path

import jsonpatch
import pytest
import yaml

from initsync.cli.manifest import manifest
from initsync.injection.settings import InjectionSettings
from initsync.words import keys
from injector.cli.main import main
from tests.initsync.cli.manifest_command import DEPLOYMENT, run, template
from tests.places import ROOT

EXAMPLES = ROOT / "deploy" / "examples"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_file_it_prints_the_parts_to_paste() -> None:
    code, out, said = run()

    (found,) = yaml.safe_load_all(out)
    example = yaml.safe_load((EXAMPLES / "2-by-hand-in-the-pod.yaml").read_text())
    assert (code, said) == (0, "")
    assert found["metadata"]["annotations"] == example["metadata"]["annotations"]
    parts = ("initContainers", "volumes")
    assert found["spec"] == {part: example["spec"][part] for part in parts}


def test_the_parts_of_a_sidecar_with_an_annotation_of_ones_own() -> None:
    text = "provider: aws-secretsmanager\npath: /mine\nsecretName: mine\n"
    Path("mine").write_text(text)

    code, out, _ = run("--annotation=mine", "--mode=sidecar")

    found = yaml.safe_load(out)
    said = {keys.ANNOTATION: text, keys.MODE: "sidecar", keys.INJECT: "false"}
    (container,) = found["spec"]["initContainers"]
    assert code == 0
    assert found["metadata"]["annotations"] == said
    assert container["restartPolicy"] == "Always"


def test_an_annotation_comes_from_standard_input_by_a_dash() -> None:
    text = "provider: aws-secretsmanager\npath: /mine\nsecretName: mine\n"

    code, out, _ = run("--annotation", "-", stdin=text)

    assert code == 0
    assert yaml.safe_load(out)["metadata"]["annotations"][keys.ANNOTATION] == text


def test_as_json_it_prints_the_parts_to_paste() -> None:
    assert json.loads(run("-o", "json")[1]) == yaml.safe_load(run()[1])


def test_as_json_it_prints_what_each_pod_lacks_as_a_json_patch() -> None:
    by_hand = run("-", stdin=DEPLOYMENT)[1]
    Path("a.yaml").write_text(DEPLOYMENT)
    Path("b.yaml").write_text(by_hand)

    code, out, said = run("-o", "json", "a.yaml", "b.yaml")

    first, second = json.loads(out)["pods"]
    assert (code, said) == (0, "")
    assert (first["file"], first["object"]) == ("a.yaml", "Deployment 'web'")
    assert (first["warnings"], first["skipped"]) == ([], "")
    before, after = (next(yaml.safe_load_all(text)) for text in (DEPLOYMENT, by_hand))
    assert jsonpatch.apply_patch(before, first["patch"]) == after
    assert (second["patch"], second["skipped"]) == ([], "already there")


def test_as_json_a_failure_is_json_too() -> None:
    Path("bad.yaml").write_text(DEPLOYMENT.replace("secretName: db\n", "secretName: DB\n"))

    code, out, said = run("-o", "json", "bad.yaml", "none.yaml")

    told = json.loads(out)
    assert (code, told["exitCode"], told["error"]) == (2, 2, "InvalidSetup")
    assert told["problems"] == said.splitlines()
    assert [line.partition(":")[0] for line in told["problems"]] == ["bad.yaml", "error"]


# A template that names pull secrets keeps those of its ServiceAccount away: that is its author's.
OF_THE_INJECTOR = {"version", "deny_invalid", "image_pull_secrets"}


def test_the_options_are_those_of_the_injector() -> None:
    of_injector = {option.name: option for option in main.commands["serve"].params}
    own = {option.name: option for option in manifest.params}

    fields = {field.name for field in dataclasses.fields(InjectionSettings)} - OF_THE_INJECTOR
    assert fields <= own.keys() & of_injector.keys()
    for name in fields - {"image"}:
        assert own[name].to_info_dict() == of_injector[name].to_info_dict()


def test_all_of_them_reach_the_container() -> None:
    sidecar = DEPLOYMENT.replace("annotations:\n", f"annotations:\n        {keys.MODE}: sidecar\n")
    limited = sidecar.replace(
        "image: 'app:1.10'", "resources: {limits: {cpu: 1m, memory: 1Mi}}"
    ).replace(
        "      # below",
        "      initContainers: [{name: mesh, restartPolicy: Always}]\n      # below",
    )
    options = ("--sidecar-cpu=70m", "--sidecar-memory=70Mi", "--cpu=80m", "--memory=80Mi")

    beside = run("-", "--mesh-proxy=mesh", *options, stdin=limited)[1]
    before = run("-", *options, stdin=limited.replace(f"{keys.MODE}: sidecar", "a: b"))[1]

    large = limited.replace("{cpu: 1m, memory: 1Mi}", "{cpu: 4, memory: 8Gi}")
    large = large.replace(f"{keys.MODE}: sidecar", "a: b")
    most = run("-", "--max-cpu=300m", "--max-memory=100Mi", stdin=large)[1]

    capped = template(next(yaml.safe_load_all(most)))["spec"]["initContainers"][0]
    assert capped["resources"]["limits"] == {"cpu": "300m", "memory": "100Mi"}
    _, second = template(next(yaml.safe_load_all(beside)))["spec"]["initContainers"][:2]
    first = template(next(yaml.safe_load_all(before)))["spec"]["initContainers"][0]
    assert second["resources"]["limits"] == {"cpu": "70m", "memory": "70Mi"}
    assert first["resources"]["limits"] == {"cpu": "80m", "memory": "80Mi"}


def test_options_reach_the_container() -> None:
    _, out, _ = run(
        "--image=r.example/init@sha256:0",
        "--pull-policy=Always",
        "--run-as-user=-1",
        "--env=AWS_REGION=eu-west-1",
        "--token-seconds=600",
    )

    spec = yaml.safe_load(out)["spec"]
    (container,) = spec["initContainers"]
    assert (container["image"], container["imagePullPolicy"]) == (
        "r.example/init@sha256:0",
        "Always",
    )
    assert "runAsUser" not in container["securityContext"]
    assert {"name": "AWS_REGION", "value": "eu-west-1"} in container["env"]
    assert "expirationSeconds: 600" in out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("-", "--mode=init"), "--annotation and --mode are the manifest's own"),
        (("--image=a b",), "must name an image"),
        (("--run-as-user=0",), "must not be root's"),
        (("--env=x",), "must be NAME=VALUE"),
        (("--token-seconds=1",), "600<=x"),
        (("--annotation=none",), "none: cannot be read (No such file or directory): name a file"),
        (
            ("--annotation=.",),
            ".: cannot be read (Is a directory): name a file of the annotation's",
        ),
        (("none.yaml",), "none.yaml: cannot be read"),
    ],
)
def test_wrong_use_is_a_sentence_and_exit_code_2(options: tuple[str, ...], sentence: str) -> None:
    code, out, said = run(*options, stdin=DEPLOYMENT)

    assert (code, out) == (2, "")
    assert sentence in said


def test_an_annotation_file_that_is_invalid_is_exit_code_3() -> None:
    Path("bad").write_text("provider: vault")

    code, out, said = run("--annotation=bad")

    assert (code, out) == (3, "")
    assert said.startswith(f"error: annotation {keys.ANNOTATION}")
