"""A second start finds nothing to prepare; whatever changed is prepared anew."""

from pathlib import Path

import pytest

from tcloud.cli.preparing import _versions, is_prepared


def test_an_empty_folder_is_not_prepared(tmp_path: Path) -> None:
    assert not is_prepared(tmp_path)


@pytest.mark.parametrize("changed", ["migrations", "assets", "seed"])
def test_prepared_until_something_changes(tmp_path: Path, changed: str) -> None:
    for name, version in _versions().items():
        (tmp_path / f"{name}.stamp").write_text(version)
    assert is_prepared(tmp_path)
    (tmp_path / f"{changed}.stamp").write_text("an older version")
    assert not is_prepared(tmp_path)
