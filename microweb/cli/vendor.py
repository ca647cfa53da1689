"""``vendor``: the package, or parts of it, copied under any name; and whether a copy is still what it was.

The rule: the same input gives the same bytes. A folder is for reading and gets the files as they are; a zip
file is for running, so its code is made small (`lean`) and lies there in one piece (`packed`). Either has a
record of where it comes from (`VENDORED.json`), by which `--check` knows what was changed.
"""

from __future__ import annotations

import ast
import json
import os
import zipfile
from hashlib import sha256
from keyword import iskeyword
from pathlib import Path

from .decorators import argument, command, option
from .exceptions import ClickException, UsageError
from .lean import is_for_checkers, lean
from .packed import PACK, PACKED, START, pack, unpack
from .resources import read
from .terminal import echo

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .packed import Files

_RECORD = "VENDORED.json"
_ALWAYS = {"__init__.py", "LICENSE", "py.typed"}
#: Zip files have no time zone, and begin in 1980.
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_START = "import sys\n\nfrom {name}.cli.main import main\n\nsys.exit(main())\n"


@command("vendor", short_help="Copy this package, or parts of it, under any name.")
@option("--name", help="The name of the copy; by default that of this package.")
@option("--zip", "as_zip", is_flag=True, help="Make DEST a zip file that can be imported from and run.")
@option("--only", metavar="PARTS", help="Parts such as routing,templates, with what they need.")
@option("--check", is_flag=True, help="Tell what has changed in the copy at DEST, and what is known of it.")
@argument("dest")
def vendor_command(dest: str, name: str | None, as_zip: bool, only: str | None, check: bool) -> None:
    """Copy this package into the folder DEST, under any name: it does not care what it is called. Or make
    DEST a zip file, which can be put into PYTHONPATH and run."""
    if check and (name or as_zip or only):
        raise UsageError("--check takes DEST alone: the copy knows what it is.")
    if not dest:
        raise UsageError("DEST is empty; '.' is the current directory.")
    if check:
        raise SystemExit(_check(dest))
    name = _own_name() if name is None else name
    if not name.isidentifier() or iskeyword(name):
        raise UsageError(f"{name!r} cannot be imported; --name takes a name such as 'web'.")
    source = files = source_files()
    if only is not None:
        files = _only(files, [part.strip() for part in only.split(",")])
    if as_zip:
        files = _for_running({**files, PACKED: source[f"cli/{PACKED}"]})
    try:
        if as_zip:
            _write_zip(dest, name, files)
        else:
            _write_folder(Path(dest, name), files)
    except OSError as error:
        raise ClickException(f"{error.filename or dest} cannot be written: {error.strerror}.") from None
    echo(f"{len(files)} files of {_own_name()} {_version()} as {name!r} in {dest}")


def _own_name() -> str:
    return __name__.partition(".cli.")[0].rpartition(".")[2]


def _version() -> str:
    from .. import __version__

    return __version__


def source_files() -> Files:
    """The files of this package, wherever it lies."""
    root = Path(__file__).absolute().parent.parent
    if root.is_dir():
        files = _files_below(root)
    else:
        archive = next(folder for folder in root.parents if folder.is_file())
        files = _files_zipped(archive, root.relative_to(archive).as_posix())
    return {path: data for path, data in files.items() if path not in (_RECORD, PACKED)}


def _files_below(root: str | Path) -> Files:
    paths = {path.relative_to(root).as_posix(): path for path in Path(root).rglob("*") if path.is_file()}
    kept = (name for name in sorted(paths) if "__pycache__/" not in name and name[-4:] != ".pyc")
    return _unpacked({name: paths[name].read_bytes() for name in kept})


def _files_zipped(archive: str | Path, folder: str) -> Files:
    start = f"{folder}/"
    with zipfile.ZipFile(archive) as file:
        names = [name for name in sorted(file.namelist()) if name.startswith(start) and name[-1] != "/"]
        return _unpacked({name[len(start) :]: file.read(name) for name in names})


def _packed(files: Files) -> Files:
    """The files as they lie in a zip file: the pack, what makes a package of it, and what people look for."""
    apart = {path: files[path] for path in (_RECORD, "LICENSE", PACKED)}
    inside = {path: data for path, data in files.items() if path not in apart}
    return {**apart, "__init__.py": START.encode(), PACK: pack(inside)}


def _unpacked(files: Files) -> Files:
    """What `_packed` was given; other files as they are."""
    if PACK not in files:
        return files
    outside = {path: data for path, data in files.items() if path != PACK and data != START.encode()}
    try:
        return {**unpack(files[PACK]), **outside}
    except ValueError as error:
        raise ClickException(f"{error}. Remove that copy, and make another one.") from None


# Parts: what is imported, at the top or in a function, must come along


def _only(files: Files, parts: list[str]) -> Files:
    wanted = {path for part in parts for path in _files_of(files, part)}
    ahead = [*wanted]
    while ahead:
        new = _imports(files, ahead.pop()) - wanted
        wanted |= new
        ahead += new
    # The files of their folders that are no code come along.
    folders = {path.rpartition("/")[0] for path in wanted} - {""}
    data = {path for path in files if not path.endswith(".py") and path.rpartition("/")[0] in folders}
    return {path: content for path, content in files.items() if path in wanted | data | _ALWAYS}


def _files_of(files: Files, part: str) -> list[str]:
    found = [path for path in files if path == f"{part}.py" or path.startswith(f"{part}/")]
    if not found:
        known = {path.partition("/")[0].partition(".")[0] for path in files if path.endswith(".py")}
        raise UsageError(f"There is no part {part!r}; there are {', '.join(sorted(known))}.")
    return found


def _imports(files: Files, path: str) -> set[str]:
    """The files that the imports of a module lead to, each with its package's."""
    found = {path.rpartition("/")[0] + "/__init__.py"}
    package = path.split("/")[:-1]
    tree = ast.parse(files[path] if path.endswith(".py") else b"")
    tree.body = [node for node in tree.body if not is_for_checkers(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1] + (node.module or "").split(".")
            for end in ("", *(alias.name for alias in node.names)):
                name = "/".join(filter(None, (*base, end)))
                found |= {f"{name}.py", f"{name}/__init__.py"}
    return {each for each in found if each in files and each != "__init__.py"}


# Writing


def _for_running(files: Files) -> Files:
    """The files without what only readers and type checkers need."""
    small = {path: lean(data) if path.endswith(".py") else data for path, data in files.items()}
    small.pop("py.typed", None)
    for path in small:
        if path.endswith(".txt"):
            lines = small[path].splitlines(keepends=True)
            small[path] = b"".join(line for line in lines if not line.startswith(b"# "))
    return small


def _record(files: Files) -> bytes:
    hashes, whole = _hashes(files)
    short = {path: each[:8] for path, each in hashes.items()}
    record = {"package": _own_name(), "version": _version(), "sha256": whole, "files": short}
    return (json.dumps(record, indent=0) + "\n").encode()


def _hashes(files: Files) -> tuple[dict[str, str], str]:
    """The hash of each file but the record, and one over them all."""
    hashes = {path: sha256(data).hexdigest() for path, data in sorted(files.items()) if path != _RECORD}
    return hashes, sha256(json.dumps(hashes).encode()).hexdigest()


def _refuse_loss(target: str | Path, old: Files, strange: t.Iterable[str] = ()) -> None:
    """Nobody's own files are overwritten, nor what somebody has changed in a copy."""
    if old and _RECORD not in old:
        raise ClickException(
            f"{target} is there already and is no copy of this package; choose another place or --name."
        )
    for name in strange:
        raise ClickException(f"{target} has files of yours, such as {name}; choose another place.")
    if old and _changes(old):
        raise ClickException(f"{target} was changed since it was made; see --check, and remove it first.")


def _write_folder(target: Path, files: Files) -> None:
    old = _read_folder(target)
    _refuse_loss(target, old)
    for path in old:
        (target / path).unlink()
    for path, data in {**files, _RECORD: _record(files)}.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(data)


def _write_zip(dest: str, name: str, files: Files) -> None:
    if not getattr(zipfile, "zlib", None):
        raise ClickException("--zip needs zlib, which this Python was built without.")
    packed = _packed({**files, _RECORD: _record(files)})
    entries = {f"{name}/{path}": data for path, data in packed.items()}
    if "cli/main.py" in files:
        entries["__main__.py"] = _START.format(name=name).encode()
    if os.path.exists(dest):
        try:
            _refuse_loss(dest, *_read_zip(dest))
        except (StopIteration, OSError, zipfile.BadZipFile):
            _refuse_loss(dest, {dest: b""})
    os.makedirs(os.path.dirname(os.path.abspath(dest)), exist_ok=True)
    with zipfile.ZipFile(dest, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in sorted(entries.items()):
            info = zipfile.ZipInfo(path, _NO_DATE)
            # The same on every system: a file that everybody may read.
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED, 9)


# Checking


def _read_folder(target: Path) -> Files:
    """The files of a copy; of another folder just the names of what is in it, which may be anything."""
    if (target / _RECORD).exists() or not target.is_dir():
        return _files_below(target)
    return {path.name: b"" for path in target.iterdir() if path.name != "__pycache__"}


def _read_zip(dest: str) -> tuple[Files, list[str]]:
    """The files of a copy in a zip file, and the names of what else is in that."""
    with zipfile.ZipFile(dest) as archive:
        names = archive.namelist()
        name = next(each.rpartition("/")[0] for each in names if each.endswith(f"/{_RECORD}"))
        strange = [each for each in names if not each.startswith(f"{name}/")]
        if "__main__.py" in strange and archive.read("__main__.py").decode() == _START.format(name=name):
            strange.remove("__main__.py")
    return _files_zipped(dest, name), strange


def _changes(files: Files) -> list[str]:
    """What is not as recorded. The hash over all files tells whether; the short ones of each tell where."""
    record, (now, whole) = json.loads(files[_RECORD]), _hashes(files)
    told = record["files"]
    if whole == record["sha256"]:
        return []
    lines = [f"changed  {path}" for path in now if path in told and not now[path].startswith(told[path])]
    lines += [f"missing  {path}" for path in sorted(told.keys() - now.keys())]
    lines += [f"added    {path}" for path in sorted(now.keys() - told.keys())]
    return lines or [f"changed  {_RECORD}, or a file in a way that its hash there is too short to tell"]


def _check(dest: str) -> int:
    """1 if the copy was changed or a note concerns it; what it is, either way."""
    files: Files = {}
    try:
        files = _read_folder(Path(dest)) if os.path.isdir(dest) else _read_zip(dest)[0]
        record = json.loads(files[_RECORD])
        version, told = record["version"], record["files"]
        lines = _changes(files)
        echo(f"{record['package']} {version}, {len(told)} files, sha256 {record['sha256'][:16]}")
    except (OSError, AttributeError, LookupError, TypeError, ValueError, StopIteration, zipfile.BadZipFile):
        near = [
            f" There is one in {Path(dest, name)}." for name in files if Path(dest, name, _RECORD).exists()
        ]
        message = f"{dest} is no copy that this command made: it has no {_RECORD}.{''.join(near[:1])}"
        raise ClickException(message) from None
    known = concerning(notes(), version, set(told))
    lines += [f"security {mended}: {text}" for mended, text in known]
    echo("\n".join(lines) or "As it was made; no security note concerns it.")
    return int(bool(lines))


def notes() -> list[tuple[str, list[str], str]]:
    """The security notes of this version: the one that mends, the parts, and what it is about."""
    rows = [
        line.split(None, 2) for line in read("security.txt").splitlines() if line.strip() and line[0] != "#"
    ]
    return [(version, parts.split(","), what) for version, parts, what in rows]


def concerning(
    known: t.Iterable[tuple[str, list[str], str]], version: str, files: set[str]
) -> t.Iterator[tuple[str, str]]:
    """Those of the notes that came after a version and are about files that a copy has."""
    for mended, parts, what in known:
        starts = tuple(part + end for part in parts for end in ("/", ".py"))
        if any(file.startswith(starts) for file in files) and _numbers(mended) > _numbers(version):
            yield mended, what


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
