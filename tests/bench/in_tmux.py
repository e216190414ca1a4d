"""The dashboard in tmux, at six sizes and through a storm of resizes.

At each size the program is started in a tmux of its own, trained for a while and looked at: every
row must be within the width, the first must name the program or the size that is needed, and
nothing of a traceback may be there or in the run's log. Then the window takes many sizes in quick
succession, and the program must go on training, draw the last size whole, and end as asked.

    python -m tests.bench.in_tmux --data PATH [--storm 200] [--pictures FOLDER]
"""

from __future__ import annotations

import argparse
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from gan.run.directory import RunDirectory
from gan.run.status import read_status

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES: Final = ((80, 24), (120, 40), (200, 60), (60, 18), (40, 12), (20, 5))
SMALLEST, LARGEST = (10, 3), (220, 70)
TOO_SMALL: Final = (30, 8)
START_SECONDS: Final = 90
LOOK_SECONDS: Final = 3
WAIT_SECONDS: Final = 30
ENDED: Final = "code "


@dataclass
class Window:
    """A tmux server of its own, with one window that runs the program."""

    socket: str
    run: RunDirectory

    def tmux(self, *words: str) -> str:
        """What tmux says to a command."""
        done = subprocess.run(
            ["tmux", "-L", self.socket, *words], capture_output=True, text=True, check=True
        )
        return done.stdout

    def start(self, size: tuple[int, int], words: list[str]) -> None:
        """Run the program in a window of this size, and then tell how it ended."""
        columns, rows = map(str, size)
        command = f"{shlex.join(words)}; code=$?; echo; echo {ENDED}$code; exec sleep 600"
        # tmux takes a line for its status.
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows, command)
        self.tmux("set", "-g", "status", "off")
        self.resize(size)

    def resize(self, size: tuple[int, int]) -> None:
        """Give the window another size."""
        self.tmux("resize-window", "-x", str(size[0]), "-y", str(size[1]))

    def rows(self) -> list[str]:
        """What is on the screen."""
        return self.tmux("capture-pane", "-p", "-N").split("\n")[:-1]

    def picture(self, path: Path) -> None:
        """Keep the screen with its colours."""
        path.write_text(self.tmux("capture-pane", "-e", "-p", "-N"), encoding="utf-8")

    def step(self) -> int:
        """The step that the run is at; 0 before the first."""
        status = read_status(self.run)
        return 0 if status is None else int(status.get("step", 0))

    def wait(self, done: str, seconds: float, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"no {done} in {seconds:.0f} s:\n" + "\n".join(self.rows()))
            time.sleep(0.1)

    def has_begun(self) -> bool:
        """Whether there has been a step."""
        return self.step() > 0

    def is_over(self) -> bool:
        """Whether the program has ended, and the shell has told how."""
        return self.exit_code() != ""

    def exit_code(self) -> str:
        """Of the program; empty while it runs."""
        told = [row for row in self.rows() if row.startswith(ENDED)]
        return told[0].removeprefix(ENDED).strip() if told else ""

    def close(self) -> None:
        """End the server, and with it the program."""
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], check=False)


def look(window: Window, size: tuple[int, int]) -> None:
    """Check the screen at a size."""
    rows = window.rows()
    text = "\n".join(rows)
    wide = [row for row in rows if cell_len(row.rstrip()) > size[0]]
    assert len(rows) == size[1], f"{len(rows)} rows at {size}"
    assert not wide, f"rows wider than {size}: {wide}"
    assert "Traceback" not in text, text
    if size[0] >= TOO_SMALL[0] and size[1] >= TOO_SMALL[1]:
        assert "TRAINING" in rows[0], f"no badge in the first row at {size}: {rows[0]!r}"
        assert "step" in text, text
    else:
        assert "30" in text, f"the size that is needed is not named at {size}: {text!r}"


def storm(window: Window, count: int) -> None:
    """Many sizes, faster than the program can draw them; then one, which must be whole."""
    chance, step = random.Random(0), window.step()
    for _ in range(count):
        size = tuple(chance.randint(*ends) for ends in zip(SMALLEST, LARGEST, strict=True))
        window.resize((size[0], size[1]))
        time.sleep(chance.choice((0.0, 0.01, 0.05)))
    window.resize(SIZES[1])
    time.sleep(LOOK_SECONDS)
    look(window, SIZES[1])
    window.wait("further step", WAIT_SECONDS, lambda: window.step() > step)


def leave(window: Window) -> None:
    """Ask the program to save and stop, by its keys, and check what it left."""
    window.tmux("send-keys", "q")
    time.sleep(0.5)
    window.tmux("send-keys", "s")
    window.wait("end", WAIT_SECONDS, window.is_over)
    assert window.exit_code() == "75", f"exit code {window.exit_code()}, expected 75"
    log = window.run.path / "stderr.log"
    assert not log.exists() or "Traceback" not in log.read_text(encoding="utf-8")


def main() -> None:
    """Every size, then the storm."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--storm", type=int, default=200)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    if shutil.which("tmux") is None:
        sys.exit("tmux is not installed")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            window = Window(f"gan-tui-{Path(folder).name}", RunDirectory(Path(folder) / "run"))
            words = [sys.executable, "-m", "tui", "--data", options.data]
            try:
                window.start(size, [*words, "--run-dir", str(window.run.path)])
                window.wait("step", START_SECONDS, window.has_begun)
                time.sleep(LOOK_SECONDS)
                look(window, size)
                if options.pictures is not None:
                    options.pictures.mkdir(parents=True, exist_ok=True)
                    window.picture(options.pictures / f"{size[0]}x{size[1]}.ansi")
                print(f"{size[0]}x{size[1]}: whole at step {window.step():,}", flush=True)
                if size == SIZES[0]:
                    storm(window, options.storm)
                    print(f"{options.storm} sizes: goes on at step {window.step():,}", flush=True)
                leave(window)
            finally:
                window.close()


if __name__ == "__main__":
    main()
