"""`initsync schema`: the annotation as a JSON Schema. No file, no cluster, no AWS."""

import click

from initsync import providers
from initsync.annotation import schema as annotation
from initsync.cli.terminal import json_text


@click.command()
def schema() -> None:
    """Print the JSON Schema of the annotation's content, for editors and pipelines.

    It is draft 2020-12. What an annotation says stands in docs/annotation.md.
    """
    click.echo(json_text(annotation.document(providers), indent=2))
