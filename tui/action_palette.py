"""The command palette: every action that a key does, found by its name.

Made from the bindings that are active, so that nothing has to be kept in two places.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.binding import Binding


class ActionProvider(Provider):
    """Offers the actions of the screen under the palette."""

    async def discover(self) -> Hits:
        """Every action, while nothing has been typed."""
        for binding in self._offered():
            yield DiscoveryHit(
                binding.description,
                partial(self.app.run_action, binding.action),
                help=_help(binding),
            )

    async def search(self, query: str) -> Hits:
        """The actions whose name or sentence is like what was typed."""
        matcher = self.matcher(query)
        for binding in self._offered():
            text = f"{binding.description}: {binding.tooltip}"
            score = matcher.match(text)
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(binding.description),
                    partial(self.app.run_action, binding.action),
                    text=text,
                    help=_help(binding),
                )

    def _offered(self) -> Iterator[Binding]:
        """Each named action once, if it can be done now."""
        told: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            named = binding.id and binding.description and not binding.system
            if named and active.enabled and binding.action not in told:
                told.add(binding.action)
                yield binding


def _help(binding: Binding) -> str:
    return f"{binding.key_display or binding.key}  {binding.tooltip}"
