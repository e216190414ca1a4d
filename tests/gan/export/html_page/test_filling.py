"""The page of a run: complete in itself, and safe whatever a run is called."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.export.html_page.contents import Chart, Contents, Frame, Line, Mark
from gan.export.html_page.filling import filled, page, script_json
from gan.export.pictures import grid_png
from tests.fakes import floats, squares

if TYPE_CHECKING:
    from collections.abc import Sequence

HOSTILE = "</script><img src=x onerror=alert(1)>&\"'{{data}}\x1b[31m\u202e"


class Outline(HTMLParser):
    """The elements of a page, its texts by element, and what is loaded from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.loaded: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self._open.append(tag)
        self.loaded += [str(value) for name, value in attrs if name in ("src", "href", "srcset")]

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.texts.setdefault(self._open[-1], []).append(data)


def line(name: str = "D loss", *values: float) -> Line:
    array = floats(*(values or (1.0, 2.0, 0.5)))
    return Line(name, array, array, array, [0] * len(array))


def chart(*lines: Line, steps: Sequence[int] = (1, 11, 21), **of: Any) -> Chart:
    return Chart("Losses", steps, 30, lines or (line(),), (0.0, 2.0), **of)


def contents(**changed: Any) -> Contents:
    return Contents(title="00007-mlp-mnist", charts=[chart()], **changed)


def data_of(text: bytes) -> dict[str, Any]:
    """What the page's script reads."""
    found = re.findall(
        r'<script id="data" type="application/json">(.*?)</script>', text.decode(), re.DOTALL
    )
    return dict(json.loads(found[0]))


def test_nothing_is_loaded_from_anywhere() -> None:
    text = page(contents()).decode()
    assert Outline(text).loaded == []
    assert "default-src 'none'" in text
    own = text.replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?:|//\w+\.|@import|url\(|fetch\(|import\(", own) == []


def test_the_values_of_a_chart_are_in_the_page() -> None:
    found = data_of(page(contents()))["charts"][0]
    assert (found["title"], found["steps"], found["last"]) == ("Losses", [1, 11, 21], 30)
    assert found["lines"][0]["mean"] == [1.0, 2.0, 0.5]
    assert (found["ends"], found["logEnds"]) == ([0.0, 2.0], None)


def test_what_is_not_finite_is_null_with_its_count() -> None:
    values = floats(1.0, np.nan, np.inf)
    broken = Line("D loss", values, values, values, [0, 3, 1])
    found = data_of(page(Contents(title="a", charts=[chart(broken)])))["charts"][0]["lines"][0]
    assert (found["mean"], found["broken"]) == ([1.0, None, None], [0, 3, 1])


def test_the_film_is_in_the_page() -> None:
    pictures = [grid_png(squares(), 1), grid_png(255 - squares(), 1)]
    made = page(contents(film=[Frame(0, pictures[0]), Frame(500, pictures[1])]))
    film = data_of(made)["film"]
    assert [step for step, _ in film] == [0, 500]
    assert [base64.b64decode(picture) for _, picture in film] == pictures


def test_tables_are_there_without_a_script() -> None:
    made = contents(
        summary=[("step", "5 of 10")], config=[("preset", "mlp")], environment=[("keras", "3")]
    )
    outline = Outline(page(made).decode())
    assert outline.texts["h2"] == ["Samples", "Summary", "Configuration", "Environment"]
    assert outline.texts["td"] == ["5 of 10", "mlp", "3"]


def test_an_empty_run_has_a_page() -> None:
    outline = Outline(page(Contents(title="a")).decode())
    assert "table" not in outline.elements


@pytest.mark.parametrize(
    "made",
    [
        Contents(title=HOSTILE),
        Contents(title="a", subtitle=HOSTILE),
        Contents(title="a", summary=[(HOSTILE, HOSTILE)]),
        Contents(title="a", config=[(HOSTILE, HOSTILE)]),
        Contents(title="a", environment=[(HOSTILE, HOSTILE)]),
        Contents(title="a", notes=[HOSTILE]),
        Contents(title="a", marks=[Mark(1, HOSTILE)]),
        Contents(title="a", charts=[chart(line(HOSTILE))]),
    ],
    ids=["title", "subtitle", "summary", "config", "environment", "notes", "marks", "line"],
)
def test_text_from_outside_is_only_text(made: Contents) -> None:
    text = page(made).decode()
    outline = Outline(text)
    # The template's own image, and the two scripts: no element comes from outside.
    assert (outline.elements.count("img"), outline.elements.count("script")) == (1, 2)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert data_of(text.encode()).keys() == {"charts", "film", "marks"}


def test_a_part_that_looks_like_a_place_is_not_filled_in() -> None:
    assert filled("{{a}} {{b}}", {"a": "{{b}}", "b": "x"}) == "{{b}} x"


def test_a_place_without_a_part_is_an_error() -> None:
    with pytest.raises(KeyError, match="gone"):
        filled("{{gone}}", {})


def test_json_in_a_script_cannot_end_it_and_reads_back() -> None:
    record = {"a": "</script><!--&\u2028"}
    text = script_json(record)
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == record


def test_a_page_of_noise_is_below_five_megabytes() -> None:
    """The largest that there is: a hundred grids that no PNG makes smaller, and full charts."""
    random = np.random.default_rng(0)
    film = [
        Frame(step, grid_png(random.integers(0, 256, (16, 28, 28), np.uint8), 1))
        for step in range(100)
    ]
    values = random.normal(size=600).astype(np.float32)
    full = Chart(
        "Losses",
        range(10**9, 10**9 + 600),
        2 * 10**9,
        [Line(name, values, values, values, [10**6] * 600) for name in ("D", "G")],
        (0.0, 1.0),
    )
    made = page(Contents(title="a", film=film, charts=[full] * 3))
    assert len(made) < 5_000_000
