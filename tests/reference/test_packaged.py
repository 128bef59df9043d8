from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.reference import packaged
from engine.reference.layouts import members, recognise
from engine.reference.packaged import packaged_files


def test_the_installed_tabular_list_is_an_official_file() -> None:
    (path,) = packaged_files()
    (member,) = members(path)
    layout = recognise(member)
    assert layout is not None
    assert "icd10cm" in layout.tables


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packaged, "_PACKAGE", "no_such_package_of_codes")
    with pytest.raises(StoreError, match="not installed"):
        packaged_files()
