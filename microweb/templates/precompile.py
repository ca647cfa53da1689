"""Writing templates as Python modules, for machines that should not compile any.

The rule: what is written is what `compile(raw=True)` shows; `ModuleLoader` reads it back.
"""

from __future__ import annotations

import os

from .errors import TemplateSyntaxError
from .loaders import ModuleLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


def write_templates(environment: t.Any, names: t.Any, target: t.Any, **options: t.Any) -> None:
    """Write the modules of some templates to a zip file, or to a folder if `zip` is None."""
    zip = options.get("zip", "deflated")
    log = options.get("log_function") or str  # which comes to nothing
    log(f"Compiling into {'folder' if zip is None else 'Zip archive'} {target!r}")
    modules = _modules(environment, names, log, options.get("ignore_errors", True))
    if zip is None:
        os.makedirs(target, exist_ok=True)
        for filename, source in modules:
            with open(os.path.join(target, filename), "w", encoding="utf-8") as file:
                file.write(source)
    else:
        import zipfile

        with zipfile.ZipFile(target, "w", getattr(zipfile, f"ZIP_{zip.upper()}")) as archive:
            for filename, source in modules:
                archive.writestr(filename, source)
    log("Finished compiling templates")


def _modules(environment: t.Any, names: t.Any, log: t.Any, ignore: bool) -> t.Iterator[tuple[str, str]]:
    """Yield (file name, source of the module) for each template that compiles."""
    for name in names:
        source, filename, _ = environment.loader.get_source(environment, name)
        try:
            code = environment.compile(source, name, filename, raw=True, defer_init=True)
        except TemplateSyntaxError as error:
            if not ignore:
                raise
            log(f'Could not compile "{name}": {error}')
        else:
            module = ModuleLoader.get_module_filename(name)
            log(f'Compiled "{name}" as {module}')
            yield module, code
