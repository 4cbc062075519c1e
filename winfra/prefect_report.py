"""What the Prefect of an interpreter knows: the host's Python gets this text on its standard input.

It reads Prefect's source and runs none of it: an import takes seconds, and makes folders in the
profile of whoever does it. Of the standard library alone.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.metadata
import json
import re
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_MIGRATIONS = ("server", "database", "_migrations", "versions", "postgresql")
# Alembic writes these at the beginning of each migration.
_REVISION = re.compile(r'^(revision|down_revision)(?:\s*:[^=]+)?\s*=\s*"(\w+)"', re.MULTILINE)


def report(folder: Path, version: str) -> dict[str, object]:
    """Names of settings and revisions of the database, sorted; ``heads`` is what an upgrade leads to.

    + folder: the package's
    """
    revisions, earlier = _revisions(folder.joinpath(*_MIGRATIONS))
    return {
        "version": version,
        "settings": sorted(_names(folder / "settings" / "models")),
        "revisions": sorted(revisions),
        "heads": sorted(revisions - earlier),
    }


def _revisions(folder: Path) -> tuple[set[str], set[str]]:
    """All revisions, and those that another one follows."""
    found: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for file in folder.glob("*.py"):
        for kind, revision in _REVISION.findall(file.read_text(encoding="utf-8")):
            found[kind].add(revision)
    return found["revision"], found["down_revision"]


def _names(folder: Path) -> Iterator[str]:
    """What Prefect takes from the environment: pydantic's names of the fields of its models."""
    trees = [ast.parse(file.read_bytes()) for file in folder.rglob("*.py")]
    classes = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    models = {one.name for one in classes}
    for one in classes:
        prefix = _prefix(one)
        for field in one.body if prefix else ():
            if isinstance(field, ast.AnnAssign) and _is_value(field.annotation, models):
                yield from _variables(field, prefix)


def _prefix(model: ast.ClassDef) -> str:
    """``PREFECT_SERVER_API_`` of ``build_settings_config(("server", "api"))``; no settings: empty."""
    for statement in model.body:
        name, value = _assignment(statement)
        if name == "model_config" and isinstance(value, ast.Call):
            path = ast.literal_eval(value.args[0]) if value.args else ()
            return "_".join(["prefect", *path, ""]).upper()
    return ""


def _assignment(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    """The name that gets a value, and the value; both empty in other statements."""
    target: ast.expr | None = None
    value: ast.expr | None = None
    if isinstance(statement, ast.AnnAssign):
        target, value = statement.target, statement.value
    elif isinstance(statement, ast.Assign):
        target, value = statement.targets[0], statement.value
    return (target.id, value) if isinstance(target, ast.Name) else ("", None)


def _is_value(annotation: ast.expr, models: set[str]) -> bool:
    """Is it a value of its own: no other model, and not the class's?"""
    if isinstance(annotation, ast.Subscript):
        return not (isinstance(annotation.value, ast.Name) and annotation.value.id == "ClassVar")
    return not (isinstance(annotation, ast.Name) and annotation.id in models)


def _variables(field: ast.AnnAssign, prefix: str) -> Iterator[str]:
    """A field's own name, or those that it gives instead (``validation_alias``)."""
    name, value = _assignment(field)
    given = value.keywords if isinstance(value, ast.Call) else []
    alias = next((one.value for one in given if one.arg == "validation_alias"), None)
    choices = alias.args if isinstance(alias, ast.Call) else [alias] if alias else []
    if choices:
        yield from (str(one.value).upper() for one in choices if isinstance(one, ast.Constant))
    elif name and not name.startswith("_"):
        yield f"{prefix}{name.upper()}"


def main() -> None:
    answer = None
    # PackageNotFoundError is an ImportError.
    with contextlib.suppress(ImportError):
        version = importlib.metadata.version("prefect")
        answer = report(Path(sysconfig.get_path("purelib"), "prefect"), version)
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
