"""Every key of the dashboard, once: what it does, in a sentence, and by which name it is remapped.

Apart from the application, because the help, the key bar, the command palette and the README's
table are all made from this list. The key bar shows as many as fit, in this order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from gan.commands import (
    Interpolate,
    Pause,
    Resample,
    RestoreLatents,
    RollBack,
    SaveCheckpoint,
    Unpause,
)
from gan.events import Phase

if TYPE_CHECKING:
    from gan.commands import Command
    from gan.progress import RunProgress

RUN: Final = Binding.Group("The run")
DIGITS: Final = Binding.Group("The digits")
TIME: Final = Binding.Group("The run so far")
CHART: Final = Binding.Group("The chart")
SCREEN: Final = Binding.Group("The screen")


def _key(
    keys: str,
    action: str,
    description: str,
    tooltip: str,
    group: Binding.Group,
    *,
    name: str = "",
    show: bool = False,
    display: str | None = None,
) -> Binding:
    """A binding, named after what it does where it has no other name."""
    return Binding(
        keys,
        action,
        description,
        tooltip=tooltip,
        group=group,
        id=name or description.lower().replace(" ", "-"),
        show=show,
        key_display=display,
    )


BINDINGS: Final = [
    _key(
        "q",
        "quit",
        "Quit",
        "Quit; while the run lives, first ask how it is to end.",
        SCREEN,
        show=True,
    ),
    # With priority, because Textual's own screens bind these too.
    replace(
        _key(
            "ctrl+c,ctrl+q",
            "quit",
            "Quit",
            "Quit, from wherever the dashboard is.",
            SCREEN,
            name="quit-anywhere",
        ),
        priority=True,
    ),
    # Textual has it too, without a name to remap it by.
    Binding(
        "ctrl+p",
        "command_palette",
        "Actions",
        tooltip="Find an action by its name.",
        group=SCREEN,
        id="actions",
        show=False,
        priority=True,
    ),
    _key(
        "question_mark",
        "help",
        "Help",
        "Show every key and what it does.",
        SCREEN,
        show=True,
        display="?",
    ),
    _key(
        "space,p",
        "ask('pause')",
        "Pause",
        "Pause the training; every other key still works.",
        RUN,
        show=True,
        display="space",
    ),
    _key(
        "space,p",
        "ask('resume')",
        "Unpause",
        "Go on training after a pause.",
        RUN,
        name="pause",
        show=True,
        display="space",
    ),
    _key(
        "s",
        "ask('save')",
        "Save",
        "Save a checkpoint of the last step.",
        RUN,
        name="save-checkpoint",
        show=True,
    ),
    _key(
        "r",
        "ask('resample')",
        "Resample",
        "Draw new latents, and sixteen digits from them.",
        RUN,
        show=True,
    ),
    _key(
        "b",
        "ask('roll_back')",
        "Roll back",
        "After a loss stopped being a number, go back to the newest checkpoint.",
        RUN,
        show=True,
    ),
    _key(
        "R",
        "ask('restore_latents')",
        "Own latents",
        "Go back to the latents that the run began with.",
        RUN,
        name="restore-latents",
    ),
    _key(
        "i",
        "interpolate",
        "Interpolate",
        "Play the way from these sixteen latents to sixteen new ones, and back.",
        DIGITS,
        show=True,
    ),
    _key(
        "e",
        "export",
        "Export",
        "Write the grid, the run's film, the losses or the screen to a file.",
        SCREEN,
        show=True,
    ),
    _key(
        "g",
        "view('glyphs')",
        "Glyphs",
        "Draw the digits with the next kind of glyphs.",
        DIGITS,
        show=True,
    ),
    _key(
        "f",
        "view('full_screen')",
        "Full screen",
        "Give the digits the whole screen, or take it back.",
        DIGITS,
        show=True,
    ),
    _key(
        "enter",
        "view('enlarge')",
        "Enlarge",
        "Open one digit as large as it fits; the arrows go to the others.",
        DIGITS,
        display="enter",
    ),
    _key(
        "v",
        "view('real')",
        "Real digits",
        "Show real images of the data beside the samples, or go back.",
        DIGITS,
        show=True,
    ),
    _key(
        "left_square_bracket",
        "view('grid', -1)",
        "Grid before",
        "Show the sample grid before this one.",
        TIME,
        display="[",
    ),
    _key(
        "right_square_bracket",
        "view('grid', 1)",
        "Grid after",
        "Show the sample grid after this one.",
        TIME,
        display="]",
    ),
    _key(
        "left_curly_bracket",
        "view('grid', -10)",
        "Ten grids before",
        "Show the sample grid ten before this one.",
        TIME,
        display="{",
    ),
    _key(
        "right_curly_bracket",
        "view('grid', 10)",
        "Ten grids after",
        "Show the sample grid ten after this one.",
        TIME,
        display="}",
    ),
    _key("home", "view('first_grid')", "First grid", "Show the run's first sample grid.", TIME),
    _key(
        "end",
        "view('follow')",
        "Follow",
        "Follow the run again: the newest samples, the whole chart, no cursor.",
        TIME,
    ),
    _key(
        "escape",
        "view('back')",
        "Back",
        "Close the one thing that was opened last: a digit, a film, a cursor, a zoom.",
        SCREEN,
    ),
    _key(
        "a",
        "play",
        "Animate",
        "Play the run's sample grids as a film, or stop it.",
        TIME,
        show=True,
    ),
    _key("comma", "play_rate(-1)", "Slower", "Play the film slower.", TIME, display=","),
    _key("full_stop", "play_rate(1)", "Faster", "Play the film faster.", TIME, display="."),
    _key(
        "left",
        "view('cursor', -1)",
        "Cursor left",
        "Move the chart's cursor, or go to the digit at the left.",
        CHART,
    ),
    _key(
        "right",
        "view('cursor', 1)",
        "Cursor right",
        "Move the chart's cursor, or go to the digit at the right.",
        CHART,
    ),
    _key(
        "shift+left",
        "view('cursor', -10)",
        "Cursor far left",
        "Move the chart's cursor by ten columns.",
        CHART,
    ),
    _key(
        "shift+right",
        "view('cursor', 10)",
        "Cursor far right",
        "Move the chart's cursor by ten columns.",
        CHART,
    ),
    _key("up", "view('digit', -4)", "Digit above", "Go to the digit above.", DIGITS),
    _key("down", "view('digit', 4)", "Digit below", "Go to the digit below.", DIGITS),
    _key(
        "l",
        "view('axis')",
        "Log axis",
        "Make the losses' axis linear, or logarithmic again.",
        CHART,
    ),
    _key("m", "view('smoothing')", "Smoothing", "Smooth the losses more, less or not.", CHART),
    _key(
        "h",
        "view('history')",
        "History",
        "Chart all steps, the newest ones, or one value an epoch.",
        CHART,
    ),
    _key(
        "plus,equals_sign",
        "view('zoom', 2)",
        "Zoom in",
        "Show half as many steps, around the cursor.",
        CHART,
        display="+",
    ),
    _key("minus", "view('zoom', -2)", "Zoom out", "Show twice as many steps.", CHART, display="-"),
    _key(
        "less_than_sign",
        "view('pan', -1)",
        "Pan left",
        "Move a zoomed chart to earlier steps.",
        CHART,
        display="<",
    ),
    _key(
        "greater_than_sign",
        "view('pan', 1)",
        "Pan right",
        "Move a zoomed chart to later steps.",
        CHART,
        display=">",
    ),
    _key(
        "o",
        "log",
        "Log",
        "Show the whole log, with what native libraries printed.",
        SCREEN,
        show=True,
    ),
    _key(
        "t",
        "next_theme",
        "Theme",
        "Change the colours: dark, light, high contrast, colour-blind safe.",
        SCREEN,
    ),
]
"""The keys, in the order of the key bar and of the help within each group."""


COMMANDS: Final[dict[str, Command]] = {
    "pause": Pause(),
    "resume": Unpause(),
    "save": SaveCheckpoint(),
    "resample": Resample(),
    "restore_latents": RestoreLatents(),
    "interpolate": Interpolate(),
    "roll_back": RollBack(),
}
"""What keys ask of the run, by name."""

_NOT_OF_A_DIVERGED_RUN: Final = frozenset({"pause", "resume", "save", "interpolate"})


def is_offered(name: str, progress: RunProgress, *, stopping: bool) -> bool:
    """Whether one of `COMMANDS` can be carried out now.

    Args:
        name: Which.
        progress: Where the run stands.
        stopping: Whether the run was asked to end; a pause would then be for ever.
    """
    diverged = progress.diverged_step is not None
    if progress.ended or (diverged and name in _NOT_OF_A_DIVERGED_RUN):
        return False
    if name == "roll_back":
        return diverged
    if name in {"pause", "resume"}:
        return not stopping and (name == "resume") == (progress.phase is Phase.PAUSED)
    return True
