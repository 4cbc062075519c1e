"""conda.exe: environments of packages in its cache, its lists, and its refusals.

It knows no network: what is neither in its cache nor on a drive it cannot have.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from winfra.lab import conda, console
from winfra.lab.access import AccessLists
from winfra.lab.conda import Package
from winfra.lab.paths import is_windows, to_real, to_windows
from winfra.lab.pgsql import rights
from winfra.lab.python import FULL_VERSION

ADD_FOLDER = 0x4
_LINE = re.compile(
    r"(?P<place>.+[/\\])?(?P<file>[^/\\#]+\.(tar\.bz2|conda))(#(?P<hash>[0-9a-z:]+))?"
)


class CondaError(Exception):
    """What conda refuses: the name of its exception, and the text."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def main(argv: Sequence[str]) -> int:
    _, file, *given = argv
    lab = console.lab()
    place = Path(file).parent
    root = place.parent if place.name == "Scripts" else place
    options = _parser().parse_args(given)
    conda_itself = _Conda(lab, root, options)
    try:
        conda_itself.run()
    except CondaError as error:
        if getattr(options, "json", False):
            said = {"exception_name": error.kind, "error": str(error), "message": str(error)}
            console.write(json.dumps(said, indent=2) + "\n")
        else:
            console.complain(f"\n{error.kind}: {error}\n\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("conda", allow_abbrev=False)
    parser.add_argument("-V", "--version", action="version", version=f"conda {conda.CONDA}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, *, on_environment: bool = True) -> argparse.ArgumentParser:
        one = commands.add_parser(name, allow_abbrev=False)
        one.add_argument("--json", action="store_true")
        if on_environment:
            target = one.add_mutually_exclusive_group(required=name == "create")
            target.add_argument("-n", "--name")
            target.add_argument("-p", "--prefix")
        return one

    create = command("create")
    for name in ("--offline", "--copy", "--override-channels", "--no-default-packages"):
        create.add_argument(name, action="store_true")
    create.add_argument("-y", "--yes", action="store_true")
    create.add_argument("-q", "--quiet", action="store_true")
    create.add_argument("-d", "--dry-run", action="store_true")
    create.add_argument("-c", "--channel", action="append")
    create.add_argument("--file", action="append", default=[])
    create.add_argument("packages", nargs="*")
    shown = command("list")
    for name in ("--explicit", "--md5", "--sha256", "--export", "--full-name"):
        shown.add_argument(name, action="store_true")
    shown.add_argument("regex", nargs="?")
    remove = command("remove")
    remove.add_argument("--all", action="store_true")
    remove.add_argument("-y", "--yes", action="store_true")
    command("info", on_environment=False)
    env = command("env", on_environment=False)
    env.add_argument("action", choices=["list"])
    return parser


class _Conda:
    def __init__(self, lab: Path, root: Path, options: argparse.Namespace) -> None:
        self._lab = lab
        self._root = root
        self._options = options
        self._cache = root / "pkgs"

    def run(self) -> None:
        commands = {
            "create": self._create, "list": self._list, "remove": self._remove,
            "info": self._info, "env": self._environments,
        }  # fmt: skip
        commands[self._options.command]()

    def _create(self) -> None:
        options, prefix = self._options, self._prefix()
        folder = to_real(self._lab, prefix)
        explicit = self._explicit()
        if not explicit and not options.no_default_packages:
            options.packages += self._defaults()
        packages = self._fetched(explicit) if explicit else self._solved()
        if folder == self._root:
            raise CondaError("CondaValueError", "The target prefix is the base prefix. Aborting.")
        self._make_way(folder, prefix)
        self._show(packages, prefix)
        if options.dry_run:
            raise CondaError("DryRunExit", "Dry run. Exiting.")
        self._check_right(folder, prefix)
        conda.put(self._lab, prefix, packages, "conda create")
        self._remember(prefix)
        if options.json:
            console.write(json.dumps({"prefix": prefix, "success": True}, indent=2) + "\n")
        elif not options.quiet:
            console.write(
                f"#\n# To activate this environment, use\n#\n#     $ conda activate {prefix}\n"
            )

    def _prefix(self) -> str:
        """The environment's folder."""
        options = self._options
        if options.prefix:
            given = str(options.prefix)
            if not is_windows(given):
                given = rf"{to_windows(self._lab, Path.cwd())}\{given}"
            return given.replace("/", "\\").rstrip("\\")
        root = str(to_windows(self._lab, self._root))
        if options.name in {None, "base", "root"}:
            return root
        if set(options.name) & set("/ :#"):
            raise CondaError(
                "CondaValueError", f"Invalid environment name: {options.name!r}\n  Characters not"
                " allowed: {'/', ' ', ':', '#'}"
            )  # fmt: skip
        return rf"{root}\envs\{options.name}"

    def _make_way(self, folder: Path, prefix: str) -> None:
        """An environment that is there is removed; other files stay, the new ones beside them."""
        if not folder.is_dir():
            return
        if not conda.is_environment(folder):
            self._confirm(
                f"WARNING: A directory already exists at the target location '{prefix}'\n"
                "but it is not a conda environment.\nContinue creating environment"
            )
            return
        if self._options.dry_run:
            raise CondaError(
                "CondaValueError", "Cannot `create --dry-run` with an existing conda environment"
            )
        self._confirm(
            f"WARNING: A conda environment already exists at '{prefix}'\n\nRemove existing "
            "environment?\nThis will remove ALL directories contained within this specified prefix "
            "directory, including any other conda environments.\n\n"
        )
        shutil.rmtree(folder)

    def _confirm(self, question: str) -> None:
        if self._options.yes or self._options.json:
            return
        console.write(f"{question} (y/[n])? ")
        raise CondaError("CondaSystemExit", "Exiting.")  # nobody is there to answer

    def _check_right(self, folder: Path, prefix: str) -> None:
        there = next(one for one in folder.parents if one.is_dir())
        who = rights.own(self._lab)
        if not AccessLists(self._lab).granted(there, who) & ADD_FOLDER:
            raise CondaError(
                "NotWritableError",
                "The current user does not have write permissions to a required path.\n"
                f"  path: {prefix}\n",
            )

    def _explicit(self) -> list[re.Match[str]]:
        """The lines of explicit files, or those that are given as packages."""
        options = self._options
        lines = [one for one in options.packages if _LINE.fullmatch(one)]
        for name in options.file:
            file = to_real(self._lab, name) if is_windows(name) else Path(name)
            if not file.is_file():
                raise CondaError("CondaValueError", f"could not read {name!r}")
            text = [one.strip() for one in file.read_text("utf-8").splitlines()]
            found = [one for one in text if one and not one.startswith("#")]
            if "@EXPLICIT" in found:
                lines += [one for one in found if one != "@EXPLICIT"]
            else:
                options.packages += found
        matches = []
        for line in lines:
            match = _LINE.fullmatch(line)
            if match is None:
                raise CondaError("ParseError", f"Could not parse explicit URL: {line}")
            matches.append(match)
        return matches

    def _defaults(self) -> list[str]:
        """What .condarc adds to each new environment (create_default_packages)."""
        file = self._root / ".condarc"
        text = file.read_text("utf-8") if file.is_file() else ""
        found = re.search(r"^create_default_packages:\n((?: *- .*\n)*)", text, re.MULTILINE)
        return [line.strip(" -") for line in found[1].splitlines()] if found else []

    def _solved(self) -> list[Package]:
        """From the cache alone, as if --offline was always given."""
        missing, available = [], conda.cached(self._cache)
        for spec in self._options.packages:
            try:
                conda.solve([spec], available)
            except KeyError as error:
                missing.append(str(error.args[0]))
        if missing:
            names = "".join(f"  - {name}\n" for name in missing)
            raise CondaError(
                "PackagesNotFoundError",
                "The following packages are not available from current channels:\n\n"
                f"{names}\nCurrent channels:\n\n  - {conda.CHANNEL}\n\n"
                "To search for alternate channels that may provide the conda package you're\n"
                "looking for, navigate to\n\n    https://anaconda.org\n\n"
                "and use the search bar at the top of the page.\n",
            )
        return conda.solve(self._options.packages, available)

    def _fetched(self, lines: Sequence[re.Match[str]]) -> list[Package]:
        """The packages of explicit lines, which need nothing else."""
        known = {one.file: one for one in conda.PACKAGES}
        found = []
        for line in lines:
            name, place = line["file"], line["place"] or ""
            file = self._cache / name
            if is_windows(place) or place.startswith("file:"):
                file = to_real(self._lab, place.removeprefix("file:///") + name)
            package = known.get(name)
            if not file.is_file() or package is None:
                self._cannot_have(place + name, local=file.parent != self._cache)
            content = file.read_bytes()
            _check_hash(place + name, line["hash"] or "", content, to_windows(self._lab, file))
            assert package is not None
            if content != package.archive:
                raise CondaError(
                    "InvalidArchiveError", f"Error with archive {file}. It is no archive"
                )
            found.append(package)
        return found

    def _cannot_have(self, url: str, *, local: bool) -> NoReturn:
        if local:
            raise CondaError("CondaHTTPError", f"HTTP 404 NOT FOUND for url <{url}>")
        if self._options.offline:
            raise CondaError(
                "OfflineError",
                f"EnforceUnusedAdapter called with url {url}.\n"
                "This command is using a remote connection in offline mode.",
            )
        raise CondaError("CondaHTTPError", f"HTTP 000 CONNECTION FAILED for url <{url}>")

    def _show(self, packages: Sequence[Package], prefix: str) -> None:
        options = self._options
        if options.json or options.quiet:
            return
        rows = "".join(f"  {one.name:<18} {one.subdir}::{one.full_name}\n" for one in packages)
        console.write(f"\n## Package Plan ##\n\n  environment location: {prefix}\n\n{rows}\n")

    def _list(self) -> None:
        options, prefix = self._options, self._prefix()
        folder = to_real(self._lab, prefix)
        if not conda.is_environment(folder):
            kind = "EnvironmentLocationNotFound"
            raise CondaError(kind, f"Not a conda environment: {prefix}")
        packages = conda.installed(folder)
        if options.regex:
            packages = [one for one in packages if re.search(options.regex, one.name)]
        if options.explicit:
            algorithm = "md5" if options.md5 else "sha256" if options.sha256 else ""
            console.write(conda.explicit(packages, algorithm))
        elif options.json:
            rows = [
                {
                    "base_url": conda.CHANNEL, "build_number": one.record["build_number"],
                    "build_string": one.build, "channel": "conda-forge", "dist_name": one.full_name,
                    "name": one.name, "platform": one.subdir, "version": one.version,
                }
                for one in packages
            ]  # fmt: skip
            console.write(json.dumps(rows, indent=2) + "\n")
        else:
            head = f"# packages in environment at {prefix}:\n#\n"
            rows_ = (
                f"{one.name:<24}  {one.version:<14} {one.build:<22} conda-forge\n"
                for one in packages
            )
            console.write(head + "".join(rows_))

    def _remove(self) -> None:
        prefix = self._prefix()
        folder = to_real(self._lab, prefix)
        if not self._options.all:
            raise CondaError(
                "CondaValueError",
                'no package names supplied,\n       try "conda remove -h" for more details',
            )
        if folder == self._root:
            raise CondaError("CondaEnvironmentError", "cannot remove root environment")
        self._confirm(f"Remove all packages in environment {prefix}:\n\nProceed")
        shutil.rmtree(folder, ignore_errors=True)

    def _info(self) -> None:
        root = str(to_windows(self._lab, self._root))
        found: dict[str, Any] = {
            "channels": [f"{conda.CHANNEL}/win-64", f"{conda.CHANNEL}/noarch"],
            "conda_version": conda.CONDA, "root_prefix": root, "conda_prefix": root,
            "default_prefix": root, "envs": self._known(), "envs_dirs": [rf"{root}\envs"],
            "pkgs_dirs": [rf"{root}\pkgs"], "offline": False, "platform": "win-64",
            "python_version": f"{FULL_VERSION}.final.0", "root_writable": True,
        }  # fmt: skip
        if self._options.json:
            console.write(json.dumps(found, indent=2, sort_keys=True) + "\n")
            return
        rows = "".join(f"{name.replace('_', ' '):>24} : {value}\n" for name, value in found.items())
        console.write(f"\n{rows}\n")

    def _environments(self) -> None:
        found = self._known()
        if self._options.json:
            console.write(json.dumps({"envs": found}, indent=2) + "\n")
            return
        names = [
            "base",
            *(one.rpartition("\\")[2] if "\\envs\\" in one else "" for one in found[1:]),
        ]
        rows = "".join(f"{name:<24} {path}\n" for name, path in zip(names, found, strict=True))
        console.write(f"# conda environments:\n#\n{rows}\n")

    @property
    def _notes(self) -> Path:
        return to_real(self._lab, rf"{os.environ['USERPROFILE']}\.conda\environments.txt")

    def _known(self) -> list[str]:
        """The root, what lies in its ``envs``, and what the user has made elsewhere."""
        root = str(to_windows(self._lab, self._root))
        inside = sorted((self._root / "envs").glob("*"))
        paths = [root, *(rf"{root}\envs\{one.name}" for one in inside)]
        if self._notes.is_file():
            paths += self._notes.read_text("utf-8").splitlines()
        kept = dict.fromkeys(paths)
        return [one for one in kept if conda.is_environment(to_real(self._lab, one))]

    def _remember(self, prefix: str) -> None:
        self._notes.parent.mkdir(parents=True, exist_ok=True)
        with self._notes.open("a", encoding="utf-8") as notes:
            notes.write(f"{prefix}\n")


def _check_hash(url: str, wanted: str, content: bytes, place: str | None) -> None:
    wanted = wanted.removeprefix("sha256:")
    if not wanted:
        return
    kind = "md5" if len(wanted) == 32 else "sha256"
    found = hashlib.new(kind, content).hexdigest()
    if found != wanted:
        raise CondaError(
            "ChecksumMismatchError",
            "Conda detected a mismatch between the expected content and downloaded content\n"
            f"for url '{url}'.\n  download saved to: {place}\n  expected {kind}: {wanted}\n"
            f"  actual {kind}: {found}\n",
        )
