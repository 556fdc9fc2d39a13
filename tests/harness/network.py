"""The network is closed to tests: only Unix sockets and this machine's loopback addresses open."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest


class NetworkIsClosed(RuntimeError):
    """A test tried to reach an address outside this machine."""


def _check(address: Any) -> None:
    if not isinstance(address, tuple):
        return
    host = str(address[0])
    if host in {"", "localhost"}:
        return
    try:
        if ipaddress.ip_address(host.partition("%")[0]).is_loopback:
            return
    except ValueError:
        pass
    raise NetworkIsClosed(f"A test may not reach {host}: replace the outside service by a server on the loopback address.")


@pytest.fixture(scope="session", autouse=True)
def _closed_network() -> Iterator[None]:
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None:
            _check((host.decode() if isinstance(host, bytes) else host,))
        return getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield
