"""Finds official files that come with installed packages: the ICD-10-CM tabular list of simple-icd-10-cm."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from engine.errors import StoreError

_PACKAGE = "simple_icd_10_cm"


def packaged_files() -> tuple[Path, ...]:
    """Returns the files, without importing the package, which would read them all. Raises StoreError when it is missing."""
    found = find_spec(_PACKAGE)
    folders = found.submodule_search_locations if found is not None else None
    files = tuple(sorted(path for folder in folders or () for path in Path(folder).glob("data/icd10c*-tabular-*.xml")))
    if not files:
        raise StoreError(
            "the package simple-icd-10-cm is not installed, or carries no tabular list; "
            "import the file that CMS publishes instead"
        )
    return files
