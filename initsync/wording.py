"""Somebody's input, and what is wrong with ours, put into words that are safe to show."""

_SHOWN = 120  # characters of somebody's input worth repeating back to them


def shown(text: str) -> str:
    """Somebody's input, quoted on one line and cut to a readable length.

    In ASCII, so that a look-alike (a Cyrillic letter, a no-break space) is seen as one.
    """
    return ascii(text) if len(text) <= _SHOWN else ascii(text[:_SHOWN]) + "…"


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
