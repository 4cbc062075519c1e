"""A package index of this machine: what a folder's wheels need, as PEP 658, 691 and 700 have an index describe them."""

from __future__ import annotations

import hashlib
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name, parse_wheel_filename
from typing_extensions import override

JSON = "application/vnd.pypi.simple.v1+json"


@contextmanager
def index(folder: Path) -> Iterator[str]:
    """The address of an index; a wheel was uploaded when its file was changed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, folder))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, folder: Path, *arguments: Any) -> None:
        self.folder = folder
        super().__init__(*arguments)

    def do_GET(self) -> None:
        place, _, name = self.path.strip("/").partition("/")
        if place == "simple":
            files = [file for file in sorted(self.folder.glob("*.whl")) if _is_of(name, file)]
            self._answer(JSON, json.dumps(_project(name, files)).encode() if files else None)
        else:
            self._answer("text/plain", _metadata(self.folder / name.removesuffix(".metadata")))

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _answer(self, kind: str, body: bytes | None) -> None:
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")


def _is_of(name: str, file: Path) -> bool:
    return canonicalize_name(parse_wheel_filename(file.name)[0]) == name


def _project(name: str, files: list[Path]) -> dict[str, Any]:
    return {
        "meta": {"api-version": "1.1"},
        "name": name,
        "versions": sorted({str(parse_wheel_filename(file.name)[1]) for file in files}),
        "files": [_file(file) for file in files],
    }


def _metadata(file: Path) -> bytes:
    with zipfile.ZipFile(file) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("/METADATA")]
        return archive.read(name)


def _file(file: Path) -> dict[str, Any]:
    when = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return {
        "filename": file.name,
        "url": f"/files/{file.name}",
        "hashes": {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()},
        "size": file.stat().st_size,
        "core-metadata": {"sha256": hashlib.sha256(_metadata(file)).hexdigest()},
        "upload-time": f"{when:%Y-%m-%dT%H:%M:%S.%fZ}",
    }
