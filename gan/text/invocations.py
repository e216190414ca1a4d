"""Command lines of this program that come back to a run, to copy into a shell."""

from __future__ import annotations

from gan.text.safe_text import shell_word


def attach_words(run_dir: str) -> str:
    """The command that shows a run that is being trained."""
    return f"gan-tui attach {shell_word(run_dir)}"


def attach_newest_words(runs: str) -> str:
    """The command that shows the newest run in a folder that is being trained."""
    return f"gan-tui attach --runs {shell_word(runs)}"


def resume_words(run_dir: str) -> str:
    """The command that goes on with a run."""
    return f"gan-tui --resume {shell_word(run_dir)}"
