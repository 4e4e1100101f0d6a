"""What every stand-in is: running from its making until the end of its `with` block."""

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Any, Self


class Closing(AbstractContextManager[Any]):
    """A context manager that gives itself and ends by `close`."""

    @abstractmethod
    def close(self) -> None:
        """End it and remove its files."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
