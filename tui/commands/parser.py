"""How command lines are refused: apart from what they may say, because each command has its own."""

from __future__ import annotations

import argparse
from typing import NoReturn

from gan.errors import UsageError


class Parser(argparse.ArgumentParser):
    """A parser whose errors are ours: one line, raised and not printed."""

    def error(self, message: str) -> NoReturn:
        """Refuse.

        Raises:
            UsageError: Always.
        """
        msg = f"{message}. See {self.prog} --help."
        raise UsageError(msg)
