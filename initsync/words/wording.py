"""Somebody's input, and what is wrong with ours, put into words that are safe to show."""

LINE_LIMIT = 1800
"""Bytes of a sentence in a container's log: with level and time it fits into the 2,048 that the
kubelet takes of a log's end as the container's message (D9).
https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/"""
_SHOWN = 120  # characters of somebody's input worth repeating back to them


def shown(text: str) -> str:
    """Somebody's input, quoted on one line and cut to a readable length.

    In ASCII, so that a look-alike (a Cyrillic letter, a no-break space) is seen as one.
    """
    return ascii(text) if len(text) <= _SHOWN else ascii(text[:_SHOWN]) + "…"


def printable(text: str) -> str:
    """Somebody's text with escapes for what a terminal would obey or a line-wise reader split at.

    These are the characters that Unicode does not call graphic: control characters (ESC and all
    of C0, DEL, C1), those that turn the direction of text, line breaks, and what UTF-8 cannot say.
    https://docs.python.org/3/library/stdtypes.html#str.isprintable, https://trojansource.codes
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def one_line(text: str, limit: int) -> str:
    """Somebody's text, or a sentence that may hold some, as one printable line.

    Of at most `limit` bytes of UTF-8. Every writer of lines puts all that it writes through this,
    so that who makes a sentence need not think of it.
    """
    # Cut first: of megabytes only a line is looked at.
    line = printable(" ".join(shortened(text, limit).splitlines()))
    return shortened(_no_command(line), limit)


def _no_command(line: str) -> str:
    """`line` with an escape where a CI runner would take a file's name for a command to itself.

    `::` that begins a line, `##[` and `##vso[` wherever they stand, on both standard streams.
    https://github.com/actions/runner/blob/v2.328.0/src/Runner.Common/ActionCommand.cs,
    https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
    """
    if line.lstrip().startswith("::"):
        line = line.replace(":", r"\x3a", 1)
    return line.replace("##[", r"#\x23[").replace("##vso[", r"#\x23vso[")


def shortened(text: str, limit: int) -> str:
    """`text` within `limit` bytes of UTF-8, cut in the middle: both ends of a sentence matter."""
    raw = text.encode(errors="replace")
    if len(raw) <= limit:
        return raw.decode()
    half = (limit - len("…".encode())) // 2
    return raw[:half].decode(errors="ignore") + "…" + raw[-half:].decode(errors="ignore")


def install(extra: str) -> str:
    """How to get the packages of one of JASM's extras."""
    return f"in a clone of JASM pip install '.[{extra}]'"


def bug(error: Exception) -> str:
    """A sentence about an exception that no row foresees: where it arose, and not its own text,
    which may hold a secret value.
    """
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace else None
    where = f" in {code.co_qualname}, line {trace.tb_lineno}" if trace and code else ""
    name = type(error).__name__
    return f"internal error ({name}{where}): this is a bug in JASM, please report it"
