"""Write docs/errors.md from the failure table, and docs/annotation.schema.json from the parser's
own constants: `python -m tests.docs_update`.

`tests/test_docs.py` compares; the example sentences are the classes' own.
"""

import json
from pathlib import Path

from initsync import providers
from initsync.annotation import schema as annotation
from tests.errors_page import page

DOCS = Path(__file__).parent.parent / "docs"
PAGE, SCHEMA = DOCS / "errors.md", DOCS / "annotation.schema.json"


def schema() -> str:
    """Of the annotation, as `initsync schema` prints it."""
    return json.dumps(annotation.document(providers), indent=2) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    SCHEMA.write_text(schema())
