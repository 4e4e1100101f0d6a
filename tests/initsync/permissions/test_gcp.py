"""What `initsync policy` prints for Google Secret Manager: for each secret one binding."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from initsync.cli.main import main
from initsync.permissions import gcp
from initsync.providers.gcp import failures
from tests import programs
from tests.initsync.cli.policy_command import pod
from tests.terraform.test_terraform import read

POOLS = "projects/123456789012/locations/global/workloadIdentityPools"
GKE = {gcp.POOL: f"{POOLS}/shop-prod.svc.id.goog"}
AKS = {gcp.POOL: f"{POOLS}/clusters"}
OWN = {"GOOGLE_CLOUD_PROJECT": "shop-prod"}
BASE = f"principal://iam.googleapis.com/{POOLS}"


def of_google(path: str, name: str, account: str = "app") -> Any:
    found = pod(path, name, serviceAccountName=account)
    marks = found["metadata"]["annotations"]
    text = next(iter(marks.values())).replace("aws-secretsmanager", "gcp-secret-manager")
    return {**found, "metadata": {**found["metadata"], "annotations": dict.fromkeys(marks, text)}}


def run(output: str, env: dict[str, str], *pods: Any) -> tuple[int, str, str]:
    options = [f"--env={name}={value}" for name, value in env.items()]
    stdin = "\n---\n".join(json.dumps(it) for it in pods)
    done = CliRunner().invoke(main, ["policy", *options, "-o", output, "-"], input=stdin)
    return done.exit_code, done.stdout, done.stderr


def bindings(env: dict[str, str], *pods: Any) -> list[Any]:
    code, out, _ = run("json", env, *pods)
    assert code == 0
    (found,) = json.loads(out)["serviceAccounts"]
    assert "aws" not in found
    return list(found["googleCloud"]["bindings"])


@pytest.mark.parametrize(
    ("env", "subject"),
    [
        (GKE, f"{GKE[gcp.POOL]}/subject/ns/shop/sa/app"),
        (
            {gcp.POOL: f"//iam.googleapis.com/{GKE[gcp.POOL]}"},
            f"{GKE[gcp.POOL]}/subject/ns/shop/sa/app",
        ),
        (AKS, f"{AKS[gcp.POOL]}/subject/system:serviceaccount:shop:app"),
    ],
    ids=["GKE", "GKE by its full name", "elsewhere"],
)
def test_the_service_account_itself_may_read_it(env: dict[str, str], subject: str) -> None:
    (found,) = bindings(env, of_google("projects/shop/secrets/db", "db"))

    assert found == {
        "secret": "projects/shop/secrets/db",
        "role": "roles/secretmanager.secretAccessor",
        "members": [f"principal://iam.googleapis.com/{subject}"],
    }


def test_it_is_the_role_that_a_denial_names() -> None:
    assert gcp.ROLE == failures.ROLE


def test_each_secret_is_bound_once_whatever_it_is_called() -> None:
    paths = ("db", "projects/shop-prod/secrets/db/versions/3", "/projects/shop-prod/secrets/db")
    pods = [of_google(path, f"s{number}") for number, path in enumerate(paths)]
    pods.append(of_google("projects/shop-prod/locations/europe-west1/secrets/db", "far"))

    assert [it["secret"] for it in bindings(GKE | OWN, *pods)] == [
        "projects/shop-prod/secrets/db",
        "projects/shop-prod/locations/europe-west1/secrets/db",
    ]


def test_a_name_alone_is_where_the_pods_look_for_it() -> None:
    env = GKE | OWN | {"JASM_GCP_LOCATION": "us-east4"}

    (found,) = bindings(env, of_google("db", "db"))

    assert found["secret"] == "projects/shop-prod/locations/us-east4/secrets/db"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "JASM_GCP_POOL is not given: give --env JASM_GCP_POOL=projects/NUMBER/"),
        ({gcp.POOL: "clusters"}, "JASM_GCP_POOL is 'clusters'"),
        ({gcp.POOL: f'{POOLS}/x"/y'}, "JASM_GCP_POOL is "),
        (GKE, "no project for 'db': give --env GOOGLE_CLOUD_PROJECT=PROJECT"),
    ],
)
def test_what_must_be_known_is_asked_for(env: dict[str, str], said: str) -> None:
    code, out, problem = run("yaml", env, of_google("db", "db"))

    assert (code, out) == (2, "")
    assert said in problem


def test_the_default_service_account_is_that_of_others_too() -> None:
    _, _, said = run("yaml", GKE, of_google("projects/shop/secrets/db", "db", "default"))

    assert "every pod of the namespace that names no ServiceAccount may then read" in said


def test_terraform_binds_the_same() -> None:
    program = programs.of(programs.HCL)
    regional = "projects/shop/locations/europe-west1/secrets/db"
    pods = [
        of_google(it, name)
        for it, name in ((regional, "a"), ("projects/ex.org:shop/secrets/x", "b"))
    ]

    code, out, _ = run("terraform", AKS, *pods)

    found = {it["labels"][0]: it for it in read(program, out) if "google" in it["labels"][0]}
    member = f"{BASE}/clusters/subject/system:serviceaccount:shop:app"
    near, far = found.values()
    assert code == 0
    assert list(found) == [
        "google_secret_manager_secret_iam_member",
        "google_secret_manager_regional_secret_iam_member",
    ]
    assert near["labels"][1] == "jasm_shop_app_ex__org__shop_x"
    assert far["body"] == {
        "project": "shop",
        "location": "europe-west1",
        "secret_id": "db",
        "role": gcp.ROLE,
        "member": member,
    }
    assert near["body"]["member"] == member
