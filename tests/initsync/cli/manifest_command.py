"""`initsync manifest` run in this process, and workloads that it is given."""

from typing import Any

from click.testing import CliRunner

from initsync import __version__
from initsync.cli.main import main
from initsync.words import keys

DEPLOYMENT = f"""\
# the shop
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  replicas: 2 # for now
  template:
    metadata:
      annotations:
        {keys.ANNOTATION}: |
          provider: aws-secretsmanager
          path: /prod/db
          secretName: db
    spec:
      containers:
        - name: app
          image: 'app:1.10'
      # below all containers
      volumes:
        - name: creds
          secret: {{secretName: db, defaultMode: 0440}}
  # how it rolls
  strategy: {{type: Recreate}}
---
# not ours
kind: ConfigMap
data:   {{ on: "yes",  n: 012 }}
"""


IMAGE = f"registry.invalid/jasm/init:{__version__}"


EVERY = ("--cronjob", "*/5 * * * *")
DB = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"


def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """With an image; another one in `arguments` counts in its place."""
    command = ["manifest", f"--image={IMAGE}", *arguments]
    result = CliRunner().invoke(main, command, input=stdin)
    assert "Traceback" not in result.output
    return result.exit_code, result.stdout, result.stderr


def template(deployment: Any) -> Any:
    return deployment["spec"]["template"]


def workload(name: str, text: str, account: str = "app", **fields: Any) -> dict[str, Any]:
    """A Deployment in namespace shop whose pods have that annotation."""
    container = {"name": "app", "image": "app:1", **fields}
    spec = {"serviceAccountName": account, "containers": [container]}
    template = {"metadata": {"annotations": {keys.ANNOTATION: text}}, "spec": spec}
    metadata = {"name": name, "namespace": "shop"}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"template": template}}
