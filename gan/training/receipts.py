"""Requests that are answered later: once a checkpoint is written, or an evaluation measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan.events import Listener
    from gan.exchange.requests import Request


class OpenRequests:
    """The requests that one outcome answers. Used by the trainer thread only."""

    def __init__(self, emit: Listener) -> None:
        """Begin with none.

        Args:
            emit: Called with every answer.
        """
        self._emit = emit
        self._open: list[tuple[Request, int]] = []

    def add(self, request: Request, step: int) -> None:
        """Keep a request that was accepted after so many steps."""
        self._open.append((request, step))

    def done(self, step: int) -> None:
        """Answer all: the state of this step was saved or measured."""
        for request, _ in self._taken():
            request.answer(self._emit, step)

    def refuse(self, reason: str) -> None:
        """Answer all: they can't be carried out."""
        for request, step in self._taken():
            request.answer(self._emit, step, reason)

    def _taken(self) -> list[tuple[Request, int]]:
        taken, self._open = self._open, []
        return taken
