"""Every key of the dashboard: what it does, in a sentence, and the name by which it is remapped.

The help, the key bar, the command palette and the documentation all read this list. The key bar
shows as many keys as fit, in this order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from gan.events import Phase
from gan.text.safe_text import safe_text
from tui.choices import THEME_NAMES

if TYPE_CHECKING:
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
    """A binding. Its id is `name`, by default made from the description."""
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
        "Quit; if the run can be stopped from here, first ask how to end it.",
        SCREEN,
        show=True,
    ),
    # With priority, because Textual's own screens bind these too.
    replace(
        _key(
            "ctrl+c,ctrl+q",
            "quit",
            "Quit",
            "Quit, from any screen.",
            SCREEN,
            name="quit-anywhere",
        ),
        priority=True,
    ),
    replace(
        _key(
            "ctrl+z",
            "suspend",
            "Suspend",
            "Suspend this program, with a run that it trains, until fg in the shell.",
            SCREEN,
        ),
        priority=True,
    ),
    # Textual has this binding too, but without an id to remap it by.
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
        "ask('unpause')",
        "Unpause",
        "Continue training after a pause.",
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
        "Draw new latents and sixteen digits from them.",
        RUN,
        show=True,
    ),
    _key(
        "E",
        "ask('evaluate')",
        "Evaluate",
        "Measure the quality of the generated images now.",
        RUN,
    ),
    _key(
        "b",
        "ask('roll_back')",
        "Roll back",
        "After the run diverged, go back to the newest checkpoint.",
        RUN,
        show=True,
    ),
    _key(
        "R",
        "ask('restore_latents')",
        "Restore latents",
        "Go back to the run's own latents, those that it started with.",
        RUN,
        name="restore-latents",
    ),
    _key(
        "i",
        "interpolate",
        "Interpolate",
        "Play an interpolation from these sixteen latents to sixteen new ones and back.",
        DIGITS,
        show=True,
    ),
    _key(
        "e",
        "export",
        "Export",
        "Write the grid, the animation, the losses or the screen to a file.",
        SCREEN,
        show=True,
    ),
    _key(
        "y",
        "copy",
        "Copy",
        "Copy the numbers, the run's path or the command that resumes it; any text on the screen "
        "can be selected with shift held, on macOS with option.",
        SCREEN,
    ),
    _key(
        "g",
        "view('glyphs')",
        "Glyphs",
        "Draw the digits with the next kind of glyph.",
        DIGITS,
        show=True,
    ),
    _key(
        "f",
        "view('full_screen')",
        "Full screen",
        "Show the digits on the whole screen, or go back.",
        DIGITS,
        show=True,
    ),
    _key(
        "enter",
        "view('enlarge')",
        "Enlarge",
        "Show one digit as large as fits; the arrow keys move to the others.",
        DIGITS,
        display="enter",
    ),
    _key(
        "v",
        "view('real')",
        "Real digits",
        "Show real images next to the samples, or go back.",
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
        "Close what was opened last: a digit, an animation, a cursor, a zoom.",
        SCREEN,
    ),
    _key(
        "a",
        "play",
        "Animate",
        "Play the run's sample grids as an animation, or stop it.",
        TIME,
        show=True,
    ),
    _key("comma", "play_rate(-1)", "Slower", "Play the animation slower.", TIME, display=","),
    _key("full_stop", "play_rate(1)", "Faster", "Play the animation faster.", TIME, display="."),
    _key(
        "left",
        "view('cursor', -1)",
        "Cursor left",
        "Move the chart's cursor left, or go to the digit on the left.",
        CHART,
    ),
    _key(
        "right",
        "view('cursor', 1)",
        "Cursor right",
        "Move the chart's cursor right, or go to the digit on the right.",
        CHART,
    ),
    _key(
        "shift+left",
        "view('cursor', -10)",
        "Cursor far left",
        "Move the chart's cursor left by ten columns.",
        CHART,
    ),
    _key(
        "shift+right",
        "view('cursor', 10)",
        "Cursor far right",
        "Move the chart's cursor right by ten columns.",
        CHART,
    ),
    _key("up", "view('digit', -4)", "Digit above", "Go to the digit above.", DIGITS),
    _key("down", "view('digit', 4)", "Digit below", "Go to the digit below.", DIGITS),
    _key(
        "l",
        "view('axis')",
        "Log axis",
        "Switch the loss axis between logarithmic and linear.",
        CHART,
    ),
    _key(
        "m", "view('smoothing')", "Smoothing", "Smooth the losses more, less or not at all.", CHART
    ),
    _key(
        "h",
        "view('history')",
        "History",
        "Chart all steps, the newest steps, or one value per epoch.",
        CHART,
    ),
    _key(
        "c",
        "choose_series",
        "Series",
        "Choose the series that the chart shows, of a run that another program trains.",
        CHART,
        show=True,
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
        "Show the whole log, including the output of native libraries.",
        SCREEN,
        show=True,
    ),
    _key(
        "w",
        "ask('show_raw')",
        "Raw generator",
        "Draw the digits from the raw generator in place of the averaged one.",
        DIGITS,
        show=True,
    ),
    _key(
        "w",
        "ask('show_averaged')",
        "Averaged generator",
        "Draw the digits from the averaged generator again.",
        DIGITS,
        name="raw-generator",
        show=True,
    ),
    _key(
        "t",
        "next_theme",
        "Theme",
        f"Change the colours: {', '.join(THEME_NAMES)}.",
        SCREEN,
    ),
]
"""The keys, in the order of the key bar and of the help within each group."""


_NOT_IF_DIVERGED: Final = frozenset({"pause", "unpause", "save", "interpolate", "evaluate"})
"""Commands that a diverged run can't carry out."""


_VERBS: Final = {
    "pause": "pause",
    "unpause": "go on after a pause",
    "save": "save",
    "resample": "draw new latents",
    "restore_latents": "go back to its own latents",
    "show_raw": "draw from another generator",
    "show_averaged": "draw from another generator",
    "interpolate": "interpolate",
    "evaluate": "evaluate its images",
    "roll_back": "roll back",
}
"""What each command asks for."""

_OF_IMAGES: Final = frozenset(
    {"glyphs", "full_screen", "enlarge", "digit", "grid", "first_grid", "play", "play_rate"}
)
"""Actions that do nothing without images."""


def is_obeyed(name: str, progress: RunProgress) -> bool:
    """Whether the run's loop knows a command at all; that of a recorded run may not."""
    is_known = name in progress.obeys or (name == "unpause" and "pause" in progress.obeys)
    return is_known or not progress.program


def why_lacking(action: str, progress: RunProgress, *, has_images: bool) -> str:
    """Why an action can do nothing in a recorded run, whatever happens; empty if it can.

    Args:
        action: The action's name, that of the command that it asks for, or that of what it
            changes in the view.
        progress: Where the run stands.
        has_images: Whether the run has images.
    """
    if not progress.program:
        return ""
    program = safe_text(progress.program)
    if action in _VERBS and not progress.obeys:
        return f"{program} has not called run.obey(): its loop takes no commands."
    if action in _VERBS and not is_obeyed(action, progress):
        return f"The loop of {program} gives no way to {_VERBS[action]}."
    if action == "real":
        return f"{program} has not recorded its data."
    if action in _OF_IMAGES and not has_images:
        return f"{program} has recorded no images."
    return ""


def is_offered(name: str, progress: RunProgress, *, stopping: bool) -> bool:
    """Whether one of `gan.commands.COMMANDS` can be carried out now.

    Args:
        name: The command's name.
        progress: Where the run stands.
        stopping: Whether the run was asked to end; a pause would then last for ever.
    """
    diverged = progress.diverged_step is not None
    if progress.ended or (diverged and name in _NOT_IF_DIVERGED):
        return False
    if not is_obeyed(name, progress):
        return False
    if name == "roll_back":
        return diverged
    if name in {"pause", "unpause"}:
        return not stopping and (name == "unpause") == (progress.phase is Phase.PAUSED)
    if name in {"show_raw", "show_averaged"}:
        return (name == "show_averaged") == progress.shows_raw
    return True
