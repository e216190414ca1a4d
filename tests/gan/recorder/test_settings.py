"""A loop's settings are kept as JSON, whatever they are made of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from gan.recorder.settings import plain


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
