"""Claims about importing without the garbage collector."""

from __future__ import annotations

import gc

import pytest

from gan.session.environment import quick_imports


def test_nothing_is_collected_while_importing_and_everything_after() -> None:
    with quick_imports():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_import_that_fails_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), quick_imports():
        raise ImportError
    assert gc.isenabled()


def test_what_was_imported_is_not_looked_through_again() -> None:
    gc.unfreeze()
    with quick_imports():
        pass
    assert gc.get_freeze_count() > 0
