"""Parts of Python's library, and of pip, that go by what Windows has: told so once they are imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from winfra.lab.windows_python.names import is_windows

_SCHEMES = {"prefix": "nt", "home": "posix_home", "user": "nt_user"}
_SCRIPT_START = """\
#!{shebang}
import sys
if "winfra.lab.windows_python.start" not in sys.modules:
    # Linux starts it with a Python of its own; as pip's launcher, it hands itself to the one beside it.
    import os
    real = os.path.abspath(__file__)
    drive, _, rest = real.removeprefix(os.environ["WINFRA_LAB"] + "/drives/").partition("/")
    name = drive + ":\\\\" + rest.replace("/", "\\\\")
    folder = os.path.dirname(real)
    places = [folder, os.path.dirname(folder)]
    python = next(p + "/python.exe" for p in places if os.path.exists(p + "/python.exe"))
    os.execv(python, [python, name, *sys.argv[1:]])
"""


def install() -> None:
    sys.meta_path.insert(0, _Finder())


def script(text: str) -> str:
    r"""The text of ``Scripts\NAME.exe``, which runs another text by the interpreter that it lies with."""
    return _SCRIPT_START.replace("{shebang}", f"{os.readlink('/proc/self/exe')} -IS") + text


def _sysconfig(module: Any) -> None:
    module._get_preferred_schemes = lambda: _SCHEMES
    for function in (module.get_path, module.get_paths):
        default = module.get_default_scheme()
        given = function.__defaults__
        function.__defaults__ = (default, *given[1:])
    if "nt_venv" in module._INSTALL_SCHEMES:
        module._INSTALL_SCHEMES["venv"] = module._INSTALL_SCHEMES["nt_venv"]


def _request(module: Any) -> None:
    import nturl2path

    to_url, to_path = module.pathname2url, module.url2pathname

    def pathname2url(pathname: str) -> str:
        return str((nturl2path.pathname2url if is_windows(pathname) else to_url)(pathname))

    def url2pathname(pathname: str) -> str:
        is_ours = is_windows(pathname.lstrip("/"))
        return str((nturl2path.url2pathname if is_ours else to_path)(pathname))

    module.pathname2url, module.url2pathname = pathname2url, url2pathname


def _launchers(module: Any) -> None:
    """Of an entry point pip makes ``NAME.exe``."""

    def write(
        self: Any, names: Sequence[str], shebang: bytes, code: bytes, written: list[str], ext: str
    ) -> None:
        for name in names:
            file = os.path.join(self.target_dir, f"{name.removesuffix('.py')}.exe")
            self._fileop.write_binary_file(file, script(code.decode()).encode())
            self._fileop.set_executable_mode([file])
            written.append(file)

    module.ScriptMaker._write_script = write


def _configuration(module: Any) -> None:
    def files() -> dict[str, list[str]]:
        variables = os.environ.get
        return {
            module.kinds.GLOBAL: [rf"{variables('ProgramData')}\pip\pip.ini"],
            module.kinds.SITE: [rf"{sys.prefix}\pip.ini"],
            module.kinds.USER: [
                rf"{variables('USERPROFILE')}\pip\pip.ini",
                rf"{variables('APPDATA')}\pip\pip.ini",
            ],
        }

    module.get_configuration_files = files


def _folders(module: Any) -> None:
    module.user_cache_dir = lambda name: rf"{os.environ.get('LOCALAPPDATA')}\{name}\Cache"


def _temporary(module: Any) -> None:
    module._candidate_tempdir_list = lambda: (
        [os.environ[name] for name in ("TEMP", "TMP") if name in os.environ] + [os.getcwd()]
    )


def _record(module: Any) -> None:
    path_of = module._fs_to_record_path
    module._fs_to_record_path = lambda *given, **named: path_of(*given, **named).replace("\\", "/")


def _root(module: Any) -> None:
    module.warn_if_run_as_root = lambda: None


def _lexer(module: Any) -> None:
    r"""``\`` is no escape in what holds a Windows path."""
    split = module.split

    def split_paths(s: str, comments: bool = False, posix: bool = True) -> list[str]:
        if not (posix and s and ":\\" in s):
            return list(split(s, comments, posix))
        lexer = module.shlex(s, posix=True)
        lexer.whitespace_split, lexer.escape = True, ""
        lexer.commenters = "#" if comments else ""
        return list(lexer)

    module.split = split_paths


def _quoted(module: Any) -> None:
    """Prefect's own quotes round a program of Windows."""
    module.get_sys_executable = lambda: f'"{sys.executable}"'


_TOLD: dict[str, Callable[[Any], None]] = {
    "prefect.utilities.processutils": _quoted,
    "shlex": _lexer,
    "sysconfig": _sysconfig,
    "tempfile": _temporary,
    "urllib.request": _request,
    "pip._vendor.distlib.scripts": _launchers,
    "pip._internal.cli.req_command": _root,
    "pip._internal.configuration": _configuration,
    "pip._internal.operations.install.wheel": _record,
    "pip._internal.utils.appdirs": _folders,
}


class _Finder:
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _TOLD:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            execute = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                if module.__name__ == name:  # a .zip file has one loader for all
                    _TOLD[name](module)

            loader.exec_module = exec_module
        return spec
