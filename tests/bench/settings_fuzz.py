"""Damaged `keys.toml` and `view.json` through their readers: no error, and no file takes a second.

A file is made of valid pieces, then bytes of it are changed, taken out or put in. What is read must
be usable: valid preferences, and keys that Textual accepts.

    python -m tests.bench.settings_fuzz [--files 10000] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from textual.binding import Binding

from tui.keys.bindings import BINDINGS
from tui.keys.keymap import load_keymap, remapped
from tui.model.view import Preferences
from tui.settings.preferences import load, save

_IDS: Final = {binding.id: binding.key for binding in BINDINGS if binding.id}
_KEYS: Final = ("x", "ctrl+x,f2", "comma", "q", "", "ctrl+", "+", "é", "x" * 3000, ",", "a,,b")
_VALUES: Final = (
    "3",
    "true",
    "1979-05-27",
    "[1]",
    "{a = 1}",
    "nan",
    "1e999",
    "0x" + "f" * 9000,
    "9" * 9000,
    "[" * 900 + "]" * 900,
)
_JSON_VALUES: Final = (
    '"half"',
    "true",
    "0.9",
    "NaN",
    "1e999",
    "null",
    "[]",
    '"\\ud800"',
    "9" * 5000,
)
_FIELDS: Final = ("glyphs", "log_axis", "smoothing", "history", "theme", "look", "version", "other")
_LONGEST_SECONDS: Final = 1.0


def keymap_text(rng: random.Random) -> bytes:
    """A file of keys that is mostly valid."""
    lines = []
    for _ in range(rng.choice((0, 1, 3, 10, 2000 if rng.random() < 0.01 else 2))):
        name = rng.choice([*_IDS, "pasue", f"n{rng.randrange(10**6)}"])
        is_text = rng.random() < 0.7
        lines.append(
            f'{name} = "{rng.choice(_KEYS)}"' if is_text else f"{name} = {rng.choice(_VALUES)}"
        )
    return "\n".join(lines).encode()


def preferences_text(rng: random.Random) -> bytes:
    """A file of preferences that is mostly valid."""
    named = [
        f'"{rng.choice(_FIELDS)}": {rng.choice(_JSON_VALUES)}' for _ in range(rng.randrange(6))
    ]
    return ('{"version": 1, ' + ", ".join(named) + "}").encode()


def damaged(rng: random.Random, data: bytes) -> bytes:
    """The bytes with a few of them changed, taken out or put in."""
    changed = bytearray(data)
    for _ in range(rng.choice((0, 0, 1, 3))):
        place = rng.randrange(len(changed) + 1)
        kind = rng.randrange(3)
        if kind == 0:
            changed[place : place + rng.randrange(5)] = rng.randbytes(rng.randrange(4))
        elif kind == 1:
            changed[place:place] = rng.choice((b'"', b"\0", b"[", b"{", b"\n", b"=", b"\xff"))
        else:
            del changed[place : place + rng.randrange(20)]
    return bytes(changed)


def check_keymap(path: Path) -> None:
    """Read the keys and have Textual take them."""
    keymap, _ = load_keymap(path, _IDS, _IDS)
    assert list(Binding.make_bindings(remapped(BINDINGS, keymap)))


def check_preferences(path: Path) -> None:
    """Read the preferences and write them."""
    preferences, _ = load(path)
    assert isinstance(preferences, Preferences)
    save(path.with_name("saved.json"), preferences)
    assert load(path.with_name("saved.json")) == (preferences, "")


def fuzz(files: int, rng: random.Random, folder: Path) -> float:
    """Check a number of files of each kind; returns the seconds of the slowest.

    Raises:
        AssertionError: What was read can't be used, or took too long.
    """
    slowest = 0.0
    path = folder / "settings"
    for _ in range(files):
        for make, check in ((keymap_text, check_keymap), (preferences_text, check_preferences)):
            data = damaged(rng, make(rng))
            path.write_bytes(data)
            began = time.monotonic()
            check(path)
            slowest = max(slowest, time.monotonic() - began)
            assert slowest < _LONGEST_SECONDS, (slowest, data[:2000])
    return slowest


def main() -> int:
    """Fuzz as asked; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        slowest = fuzz(options.files, random.Random(options.seed), Path(folder))
    print(
        f"{options.files:,} files of each kind, seed {options.seed}: no error, "
        f"the slowest took {slowest:.2f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
