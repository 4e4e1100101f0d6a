"""`initsync policy` run in this process, on pods that a test makes."""

import json
from collections.abc import Sequence
from typing import Any

import yaml
from click.testing import CliRunner

from initsync.cli.main import main
from initsync.words import keys

ACCOUNT = "123456789012"
ARN = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:"
FOREIGN = "arn:aws:secretsmanager:us-east-1:999999999999:secret:shared"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
PLACE = (f"--account={ACCOUNT}", "--region=eu-west-1")
ISSUER = "--oidc-issuer=https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"


def pod(path: str = "/prod/db", name: str = "db", namespace: Any = "shop", **spec: Any) -> Any:
    text = f"provider: aws-secretsmanager\npath: {path}\nsecretName: {name}\n"
    return {
        "kind": "Pod",
        "metadata": {"namespace": namespace, "name": "p", "annotations": {keys.ANNOTATION: text}},
        "spec": {"containers": [], **spec},
    }


def run(*arguments: str, stdin: Sequence[object] = ()) -> tuple[int, str, str]:
    text = yaml.safe_dump_all(stdin)
    result = CliRunner().invoke(main, ["policy", *arguments], input=text)
    assert "Traceback" not in result.output
    return result.exit_code, result.stdout, result.stderr


def accounts(*documents: object, options: tuple[str, ...] = PLACE) -> list[Any]:
    code, out, _ = run(*options, "-o", "json", "-", stdin=documents)
    assert code == 0
    found: list[Any] = json.loads(out)["serviceAccounts"]
    return found
