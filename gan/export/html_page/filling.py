"""Fills the page's template with a run.

All text from outside passes `safe_text` first and is then escaped for where it stands: as HTML in
the tables, as JSON in the data that the script reads, where `<` can't end the element.
"""

from __future__ import annotations

import base64
import html
import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gan.export.html_page.contents import Chart, Contents, Line

_FOLDER: Final = Path(__file__).parent
_PLACE: Final = re.compile(r"\{\{([a-z]+)\}\}")
"""Where the template is filled in."""

_DIGITS: Final = 5
"""Significant digits of a value on a chart: more than anybody can see."""


def page(contents: Contents) -> bytes:
    """The page as one HTML file in UTF-8."""
    parts = {
        "title": _escaped(contents.title),
        "subtitle": _escaped(contents.subtitle),
        "style": _template("page.css"),
        "script": _template("page.js"),
        "data": script_json(_data(contents)),
        "summary": _table("Summary", contents.summary),
        "config": _table("Configuration", contents.config),
        "environment": _table("Environment", contents.environment),
        "notes": _notes(contents.notes),
    }
    return filled(_template("page.html"), parts).encode()


def filled(template: str, parts: Mapping[str, str]) -> str:
    """A template with its places filled in, each once: what a part holds is not looked into.

    Raises:
        KeyError: A place has no part.
    """
    return _PLACE.sub(lambda match: parts[match[1]], template)


def script_json(record: Any) -> str:
    """JSON that may stand within a `script` element: ASCII, and with no `<`, `>` or `&`."""
    text = json.dumps(record, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _template(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _data(contents: Contents) -> dict[str, Any]:
    """What the script draws."""
    return {
        "charts": [_chart(chart) for chart in contents.charts],
        "film": [
            [frame.step, base64.b64encode(frame.png).decode("ascii")] for frame in contents.film
        ],
        "marks": [[mark.step, safe_text(mark.words)] for mark in contents.marks],
    }


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "title": safe_text(chart.title),
        "steps": [int(step) for step in chart.steps],
        "last": int(chart.last_step),
        "ends": chart.ends,
        "logEnds": chart.log_ends,
        "lines": [_line(line) for line in chart.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": safe_text(line.name),
        "min": _numbers(line.minimum.tolist()),
        "mean": _numbers(line.mean.tolist()),
        "max": _numbers(line.maximum.tolist()),
        "broken": [int(count) for count in line.broken],
    }


def _numbers(values: Iterable[float]) -> list[float | None]:
    """Values with few digits; `None` for what JSON can't say."""
    return [float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None for value in values]


def _escaped(text: str) -> str:
    return html.escape(safe_text(text))


def _table(title: str, rows: Sequence[tuple[str, str]]) -> str:
    """A section with a table of two columns; empty without rows."""
    if not rows:
        return ""
    lines = "".join(
        f'<tr><th scope="row">{_escaped(name)}</th><td>{_escaped(value)}</td></tr>\n'
        for name, value in rows
    )
    return f"<section>\n<h2>{_escaped(title)}</h2>\n<table>\n{lines}</table>\n</section>"


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    lines = "".join(f"<li>{_escaped(note)}</li>\n" for note in notes)
    return f'<ul class="notes">\n{lines}</ul>'
