"""A loop's settings are kept as JSON, whatever they are made of."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from gan.recorder.settings import MAX_BYTES, checked, plain


def test_json_values_stay_and_all_else_becomes_its_text() -> None:
    settings = {
        "lr": 1e-4,
        "layers": (1, 2),
        "out": Path("x"),
        "on": True,
        3: None,
        "f": np.int8(3),
    }

    kept = plain({**settings, "nan": float("nan"), "nested": {"a": [{1}]}})

    assert kept == {
        "lr": 1e-4,
        "layers": [1, 2],
        "out": "x",
        "on": True,
        "3": None,
        "f": "3",
        "nan": "nan",
        "nested": {"a": [[1]]},
    }
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept


def test_settings_that_hold_themselves_end_somewhere() -> None:
    settings: dict[str, object] = {}
    settings["self"] = settings

    assert len(json.dumps(plain(settings))) < 5000


def test_what_argparse_returns_is_taken_as_a_dictionary() -> None:
    assert checked(Namespace(lr=0.5)) == checked({"lr": 0.5}) == {"lr": 0.5}
    assert checked(None) == {}


def test_what_is_no_dictionary_and_what_is_too_large_are_refused() -> None:
    with pytest.raises(TypeError, match=r"settings: received list, expected a dictionary"):
        checked(["lr"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"settings: received 983,.* leave out what is data"):
        checked({"text": "x" * MAX_BYTES})
