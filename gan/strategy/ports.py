"""The port of a worker's address: listened on before TensorFlow's server does, and tried."""

from __future__ import annotations

import errno
import socket

from gan.errors import WorkersError
from gan.strategy.addresses import host_and_port


def listener_on(address: str) -> socket.socket:
    """A socket that listens on a worker's own address.

    Args:
        address: `host:port`. If the host is no name of this machine, as behind a router or in a
            container, on all of its addresses.

    Raises:
        WorkersError: The port is in use, or the system refuses it.
    """
    host, port = host_and_port(address)
    try:
        return _listener(host, port)
    except socket.gaierror as error:
        raise WorkersError(
            f"{address}: this machine finds no such host ({error.strerror})."
        ) from None
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise _refused(address, error) from None
    try:
        return _listener("", port)
    except OSError as error:
        raise _refused(address, error) from None


def require_free_port(address: str) -> None:
    """See to it that TensorFlow's server will find its port free, on all addresses of the machine.

    Raises:
        WorkersError: The port is in use, or the system refuses it.
    """
    _, port = host_and_port(address)
    try:
        _listener("", port).close()
    except OSError as error:
        raise _refused(address, error) from None


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET
    if host:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    # Reused, so that TensorFlow's server can listen here while these connections go on.
    return socket.create_server((host, port), family=family, backlog=128)


def _refused(address: str, error: OSError) -> WorkersError:
    if error.errno == errno.EADDRINUSE:
        return WorkersError(
            f"{address}: the port is in use on this machine. End what uses it, or give this worker "
            "another port."
        )
    return WorkersError(f"{address}: this machine can't listen there ({error.strerror}).")
