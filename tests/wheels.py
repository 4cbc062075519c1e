"""Small wheels, and wheelhouses of them."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename

from winfra.wheel_lock import Package, render

DATE = (2025, 1, 1, 0, 0, 0)


def wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    tag: str = "py3-none-any",
    files: Mapping[str, bytes] | None = None,
    requires: Sequence[str] = (),
    python: str | None = None,
    program: str | None = None,
) -> Path:
    """A wheel of one package; the same arguments make the same file.

    + files: by their paths in the wheel; a package of one line if not given
    + requires: its requirements
    + python: the versions of Python that it says it is for
    + program: the name of a program that it brings
    """
    folder.mkdir(parents=True, exist_ok=True)
    module = name.replace("-", "_")
    information = f"{module}-{version}.dist-info"
    content = {f"{module}/__init__.py": f"version = {version!r}\n".encode(), **(files or {})}
    about = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    about += [f"Requires-Dist: {one}" for one in requires]
    about += [f"Requires-Python: {python}"] if python else []
    content[f"{information}/METADATA"] = ("\n".join(about) + "\n").encode()
    head = f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n"
    content[f"{information}/WHEEL"] = head.encode()
    if program is not None:
        entry = f"[console_scripts]\n{program} = {module}:main\n"
        content[f"{information}/entry_points.txt"] = entry.encode()
    lines = [f"{path},{_digest(text)},{len(text)}" for path, text in content.items()]
    content[f"{information}/RECORD"] = "\n".join([*lines, f"{information}/RECORD,,", ""]).encode()
    file = folder / f"{module}-{version}-{tag}.whl"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in content.items():
            archive.writestr(zipfile.ZipInfo(path, DATE), text)
    return file


def lock(folder: Path, wheels: Iterable[Path] | None = None) -> Path:
    """Write the lock of a folder's wheels, or of others; the folder is a wheelhouse then."""
    packages = [_package(file) for file in (wheels or sorted(folder.glob("*.whl")))]
    (folder / "requirements.txt").write_text(render(packages), encoding="utf-8")
    return folder


def unpack(folder: Path, site: Path) -> None:
    """Have a folder's wheels among an interpreter's packages, without their programs, as fast as can be."""
    for file in folder.glob("*.whl"):
        with zipfile.ZipFile(file) as archive:
            archive.extractall(site)
        name, version, _, _ = parse_wheel_filename(file.name)
        information = site / f"{name.replace('-', '_')}-{version}.dist-info"
        (information / "INSTALLER").write_text("pip\n", encoding="utf-8")
        with (information / "RECORD").open("a", encoding="utf-8") as record:
            record.write(f"{information.name}/INSTALLER,,\n")


def _package(file: Path) -> Package:
    name, version, _, _ = parse_wheel_filename(file.name)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return Package(canonicalize_name(name), str(version), (digest,), (file.name,))


def _digest(content: bytes) -> str:
    found = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={found.rstrip(b'=').decode()}"
