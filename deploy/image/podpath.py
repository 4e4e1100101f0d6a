"""In the image's build: copy what jasm-init and jasm-wait can import, bytecode compiled.

`python3 podpath.py SOURCE LIBRARY ROOT`: of the packages in SOURCE and LIBRARY what is reachable
goes to ROOT/opt/jasm. Of the standard library only bytecode that the base image lacks goes to
ROOT: the official Python images ship none, which costs each start of a container 0.4 s. With each
package of LIBRARY go its metadata and licence, which scanners and lawyers look for.
https://docs.python.org/3/library/modulefinder.html
"""

import importlib.util
import py_compile
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from modulefinder import ModuleFinder
from pathlib import Path

APP = Path("/opt/jasm")
ENTRY_POINTS = ("initsync.pod.main", "initsync.pod.wait")
FOR_PEOPLE = ["kubernetes", "boto3", "botocore", "click"]  # theirs is the image `full`


def main(source: Path, library: Path, root: Path) -> None:
    """Fill ROOT."""
    standard = Path(sysconfig.get_path("stdlib"))
    for file in reachable(source, library):
        owner = next((top for top in (library, source) if file.is_relative_to(top)), None)
        if owner:
            place = APP / file.relative_to(owner)
            copied(file, root, place)
            compiled(file, root, place)
        elif file.is_relative_to(standard) and not Path(cached(file)).exists():
            compiled(file, root, file)
    for file in declared(library):
        copied(file, root, APP / file.relative_to(library))


def reachable(source: Path, library: Path) -> Iterator[Path]:
    """The file of each module that any code path may import, imports within functions included."""
    finder = ModuleFinder([str(source), str(library), *sys.path], excludes=FOR_PEOPLE)
    for name in (*ENTRY_POINTS, *providers(source)):
        finder.import_hook(name)
    files = (getattr(module, "__file__", None) for module in finder.modules.values())
    return (Path(file) for file in files if file)


def providers(source: Path) -> Iterator[str]:
    """The modules in the providers' table, which are imported by these names only."""
    sys.path.insert(0, str(source))
    from initsync.providers import PROVIDERS

    for modules in PROVIDERS.values():
        yield from modules


def declared(library: Path) -> Iterator[Path]:
    """What packages say of themselves. https://peps.python.org/pep-0639/"""
    yield from library.glob("*.dist-info/METADATA")
    yield from (file for file in library.glob("*.dist-info/licenses/**/*") if file.is_file())
    yield from library.glob("*.dist-info/LICEN[SC]E*")


def copied(file: Path, root: Path, place: Path) -> None:
    """Put `file` to `place` in the image whose root directory is `root`."""
    target = root / place.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)


def compiled(file: Path, root: Path, place: Path) -> None:
    """Write bytecode for `place` in the image; it is never checked against its source again."""
    if file.suffix == ".py":
        target = str(root) + cached(place)
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(file), target, str(place), doraise=True, invalidation_mode=mode)


def cached(file: Path) -> str:
    """Where Python looks for the bytecode of `file`."""
    return importlib.util.cache_from_source(str(file))


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:4]))
