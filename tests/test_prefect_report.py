"""What is read from a package of Prefect without running it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from winfra.lab import prefect as lab_prefect
from winfra.prefect_report import report

MODELS = """
class Inner(PrefectBaseSettings):
    model_config: ClassVar[SettingsConfigDict] = build_settings_config(("server", "api"))
    host: str = Field(default="127.0.0.1")
    password: Optional[SecretStr] = Field(
        default=None,
        validation_alias=AliasChoices(AliasPath("password"), "prefect_server_api_password", "prefect_pw"),
    )
    limit: int = Field(default=1, validation_alias="prefect_limit")
    kind: ClassVar[str] = "x"

class Outer(PrefectBaseSettings):
    model_config = build_settings_config()
    home: Annotated[Path, BeforeValidator(lambda x: x)] = Path("~")
    inner: Inner = Field(default_factory=Inner)
    _private: int = 1

class Base(PrefectBaseSettings):
    enabled: bool = True

class Other:
    x: int = 1
"""


def package(folder: Path, revisions: dict[str, str | None]) -> Path:
    """A package that is laid out as Prefect's."""
    models = folder / "settings" / "models" / "server"
    models.mkdir(parents=True)
    (models / "root.py").write_text(MODELS, encoding="utf-8")
    versions = folder.joinpath("server", "database", "_migrations", "versions", "postgresql")
    versions.mkdir(parents=True)
    for revision, down in revisions.items():
        earlier = f'"{down}"' if down else None
        text = (
            f'"""x"""\n\nrevision = "{revision}"\ndown_revision = {earlier}\nbranch_labels = None\n'
        )
        (versions / f"{revision}.py").write_text(text, encoding="utf-8")
    return folder


def test_settings_and_revisions(tmp_path: Path) -> None:
    """Names by the model's own, or by those given instead; what is no setting is left out."""
    found = report(package(tmp_path, {"a1": None, "b2": "a1", "c3": "b2"}), "3.9.9")
    assert found == {
        "version": "3.9.9",
        "settings": [
            "PREFECT_HOME", "PREFECT_LIMIT", "PREFECT_PW", "PREFECT_SERVER_API_HOST",
            "PREFECT_SERVER_API_PASSWORD",
        ],
        "revisions": ["a1", "b2", "c3"],
        "heads": ["c3"],
    }  # fmt: skip


def test_another_layout_gives_nothing(tmp_path: Path) -> None:
    """Whoever asks sees by that it was not understood."""
    found = report(tmp_path, "4.0.0")
    assert (found["settings"], found["heads"]) == ([], [])


def test_the_newest_version_of_which_there_is_a_lock(tmp_path: Path) -> None:
    """Read from its wheel, where somebody has a wheelhouse of it."""
    wheels = sorted(lab_prefect.wheelhouse().parent.glob("prefect-3.8.8-*/prefect-*.whl"))
    if not wheels:
        pytest.skip("no wheelhouse of 3.8.8 (make wheelhouse)")
    with zipfile.ZipFile(wheels[0]) as file:
        wanted = ("prefect/settings/", "prefect/server/database/_migrations/")
        file.extractall(tmp_path, [name for name in file.namelist() if name.startswith(wanted)])
    found = report(tmp_path / "prefect", "3.8.8")
    assert found["heads"] == ["d4a7e1c93f52"]
    assert "PREFECT_SERVER_DATABASE_MIGRATION_TIMEOUT" in found["settings"]  # type: ignore[operator]
