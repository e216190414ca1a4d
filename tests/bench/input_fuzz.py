"""Random control sequences through the reader of the terminal's input: none may act as a key.

Sequences are strung together with typed letters between them, cut into reads at random bytes, and
read. The keys that come out must be the letters and nothing else. Random bytes follow, which may
mean anything but must not raise an error or be kept.

    python -m tests.bench.input_fuzz [--sequences 1000000] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from typing import TYPE_CHECKING, Final

from textual import events

from tests.tui.terminal.reports import pieces, report
from tui.terminal.background import BackgroundReported
from tui.terminal.input_events import InputEvents
from tui.terminal.tokens import ESCAPE_SECONDS, PASTE_SECONDS, Tokenizer

if TYPE_CHECKING:
    from textual.message import Message

_BATCH: Final = 20
_LETTERS: Final = "qsrejécé日🙂 "
_NOT_ACTING: Final = (events.Paste, events.AppFocus, events.AppBlur, BackgroundReported)


def keys_of(parts: list[bytes], *, silence: float = 0.0) -> list[str]:
    """The typed characters of some reads, with a silence after each.

    Raises:
        AssertionError: Something else acts.
    """
    tokenizer, found = Tokenizer(), InputEvents(lambda: (80, 24))
    messages: list[Message] = []
    for part in parts:
        tokens = [*tokenizer.feed(part), *tokenizer.after_silence(silence)]
        messages += [message for token in tokens for message in found.of(token)]
    typed = [message for message in messages if not isinstance(message, _NOT_ACTING)]
    assert all(isinstance(message, events.Key) for message in typed), typed
    return [message.character or message.key for message in typed]  # type: ignore[attr-defined]


def check_batch(rng: random.Random, count: int = _BATCH) -> None:
    """Check a number of sequences with letters between them.

    Raises:
        AssertionError: The keys are not the letters.
    """
    data, letters = b"", []
    for _ in range(count):
        letter = rng.choice(_LETTERS)
        data += report(rng) + letter.encode()
        letters.append(letter)
    parts = pieces(rng, data)
    found = keys_of(parts)
    assert found == letters, (parts, found, letters)


def check_noise(rng: random.Random) -> None:
    """Check that random bytes raise nothing, and that a key works after a while of silence."""
    tokenizer, found = Tokenizer(), InputEvents(lambda: (80, 24))
    noise = bytes(
        rng.choices(b"\x1b\x1b\x1b[[]OP<;:0127~uMmRt\x07\x9b\xc3" + rng.randbytes(8), k=60)
    )
    silence = rng.choice((0.0, ESCAPE_SECONDS, PASTE_SECONDS))
    tokens = [*tokenizer.feed(noise), *tokenizer.after_silence(silence)]
    # Whatever it was in the middle of ends, and the escape makes an end to a sequence.
    tokens += tokenizer.after_silence(PASTE_SECONDS) + tokenizer.feed(b"\x1b")
    tokens += [*tokenizer.after_silence(PASTE_SECONDS), *tokenizer.feed(b"q")]
    last = [message for token in tokens for message in found.of(token)][-1]
    assert isinstance(last, events.Key), (noise, last)
    assert last.key == "q", (noise, last)


def main() -> int:
    """Fuzz as asked; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    began = time.monotonic()
    for _ in range(options.sequences // _BATCH):
        check_batch(rng)
        check_noise(rng)
    seconds = time.monotonic() - began
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{options.sequences:,} sequences, seed {options.seed}: {seconds:.0f} s, {megabytes:.0f} MB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
