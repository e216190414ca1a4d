"""The command palette: every action that a key does, found by its name.

Made from the bindings that are active, so that nothing has to be kept in two places.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider

from tui.screens.help import key_name
from tui.screens.overlay import Overlay

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import ActiveBinding
    from textual.events import Click
    from textual.types import IgnoreReturnCallbackType


class ActionPalette(CommandPalette, Overlay[None]):
    """Textual's palette, which does what is chosen once."""

    def compose(self) -> ComposeResult:
        """Textual's parts, with another list."""
        for widget in super().compose():
            yield _ActionList() if isinstance(widget, CommandList) else widget


class _ActionList(CommandList):
    """A list whose rows may not be those on the screen yet, if keys and clicks come fast."""

    def action_page_up(self) -> None:
        """Move up by a page, once there is a page."""
        if self.size.height:
            super().action_page_up()  # type: ignore[no-untyped-call]  # untyped in Textual

    def action_page_down(self) -> None:
        """Move down by a page, once there is a page."""
        if self.size.height:
            super().action_page_down()  # type: ignore[no-untyped-call]  # untyped in Textual

    def on_click(self, event: Click) -> None:
        """Ignore a click on a row that is gone."""
        if (event.style.meta.get("option") or 0) >= self.option_count:
            event.prevent_default()


class ActionProvider(Provider):
    """Offers the actions of the screen under the palette."""

    async def discover(self) -> Hits:
        """Every action, while nothing has been typed."""
        for keys, active in self._offered():
            name = active.binding.description
            yield DiscoveryHit(_plain(name), self._action(active), name, _help(keys, active))

    async def search(self, query: str) -> Hits:
        """The actions whose name or sentence is like what was typed."""
        matcher = self.matcher(query)
        for keys, active in self._offered():
            binding = active.binding
            score = matcher.match(f"{binding.description}: {binding.tooltip}")
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(_plain(binding.description)),
                    self._action(active),
                    text=binding.description,
                    help=_help(keys, active),
                )

    def _action(self, active: ActiveBinding) -> IgnoreReturnCallbackType:
        """What the key would do: an action belongs to who has the binding, such as a screen."""
        return partial(self.app.run_action, active.binding.action, active.node)

    def _offered(self) -> list[tuple[list[str], ActiveBinding]]:
        """Each named action once, if it can be done now, with all keys that do it."""
        offered: dict[str, tuple[list[str], ActiveBinding]] = {}
        for key, active in self.screen.active_bindings.items():
            binding = active.binding
            if binding.id and binding.description and active.enabled and not binding.system:
                offered.setdefault(binding.action, ([], active))[0].append(key_name(key))
        return list(offered.values())


def _help(keys: list[str], active: ActiveBinding) -> str:
    return _plain(f"{', '.join(keys)}  {active.binding.tooltip}")


def _plain(text: str) -> str:
    """The text as markup. Textual's own escaping leaves a bracket alone that opens no tag."""
    return text.replace("[", r"\[")
