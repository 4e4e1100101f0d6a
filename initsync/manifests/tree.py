"""The nodes of a YAML text: of its maps the wanted fields, each with its line. Pure."""


class ScalarNode:
    """A text, and `kind` as YAML reads it: str, int, null …"""

    __slots__ = ("kind", "line", "literal", "text")
    size = 1

    def __init__(self, text: str, kind: str, line: int, *, literal: bool) -> None:
        self.text = text
        self.kind = kind
        self.line = line
        """Where the value begins; of a literal block the line of its `|`."""
        self.literal = literal
        """Whether it is a block (`|`), whose line N is the file's line `line` + N."""


class ListNode:
    """A list's maps, lists and aliases; its scalars are left out."""

    __slots__ = ("first", "items", "line", "size")
    kind = "list"

    def __init__(self, line: int) -> None:
        self.line = line
        self.items: list[Node] = []
        self.first = ""
        """The text of a first item that is a scalar, such as a command's program."""
        self.size = 0
        """Values in it and below, with what its aliases stand for; 0 until its end."""


class MapNode:
    """A map's wanted fields; of a field that is there twice the last, as Kubernetes has it."""

    __slots__ = ("earlier", "fields", "line", "size")
    kind = "map"

    def __init__(self, line: int) -> None:
        self.line = line
        self.fields: dict[str, Node] = {}
        self.earlier: dict[str, Node] | None = None
        """The values that later ones of the same fields took the place of."""
        self.size = 0  # as a list's

    def keep(self, name: str, value: "Node") -> None:
        """The field, in place of one of that name."""
        if name in self.fields:
            self.earlier = {name: self.fields[name], **(self.earlier or {})}
        self.fields[name] = value


Node = ScalarNode | ListNode | MapNode
