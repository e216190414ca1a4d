"""A program with a loop that is recorded, for tests that end its process in every way.

`python -m tests.gan.recorder.looping RUNS HOW` prints a line once a hundred steps are on their way.
"""

from __future__ import annotations

import sys
import time

from gan import Recorder


def main(runs: str, how: str) -> None:
    """Log a hundred steps, then end as was asked."""
    run = Recorder(runs, total_steps=1000)
    for step in range(100):
        run.log(d_loss=1.0 + step, g_loss=2.0)
    if how == "fails":
        raise ValueError("no such layer")
    if how == "hangs":
        time.sleep(0.5)
        print("logged", flush=True)  # noqa: T201 - for the test
        time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])
