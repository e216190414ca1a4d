"""Leaving a terminal for good while the training goes on in the same process.

A process in which TensorFlow runs cannot fork any more. But it is the child of one that waits for
it: the child leaves the terminal and its session, and the parent returns the prompt.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

from tui.supervision.parent import forget_parent

TYPE_CHECKING = False  # as in the other modules that the waiting process loads
if TYPE_CHECKING:
    from tui.supervision.link import Link

_DESCRIPTORS = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
_STDERR = 2


def detach(link: Link) -> None:
    """Leave the terminal and the session, and let the parent process end; call it in the child.

    Afterwards no hangup, logout or key of the terminal reaches this process, and it holds no
    descriptor of a terminal. Standard input and output are the null device.

    Args:
        link: To the parent process.

    Raises:
        OSError: The system refused; nothing has changed.
    """
    os.setsid()
    forget_parent()
    _let_go_of_terminals()
    link.note(detached=True)
    # It may have been killed meanwhile.
    with suppress(OSError):
        os.kill(os.getppid(), signal.SIGCHLD)


def _let_go_of_terminals() -> None:
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208 - names are all that is needed
        descriptor = int(name)
        is_stream = descriptor < _STDERR
        if descriptor != null and (is_stream or os.isatty(descriptor)):
            # Replaced, not closed: a stream of Python or a library may still write to it.
            with suppress(OSError):
                os.dup2(null, descriptor, inheritable=is_stream)
    os.close(null)
