"""`discovery_log`: a proxy log of 200 MB read for its domains, in pieces as an upload brings them: how much memory that takes.

Memory is what the process grows by at its peak, in a process of its own that has read a small log before. The time stands beside it, against
going through the same pieces line by line and doing nothing with them.
"""

import multiprocessing
import resource
import statistics
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

from tests.bench import harness

BAR = 32.0  # MB beyond what the process held before
LONGEST_SECONDS = 60.0  # for 200 MB: nobody waits longer for a page
MEGABYTES = 200
PIECE = 64 * 1024
HOSTS = 20_000
_LINE = "1795536309.{time:06d}    {took} 10.4.{a}.{b} TCP_TUNNEL/200 {size} {method} {address} student{person}@district.example HIER_DIRECT/203.0.113.{b} -\n"


def pieces(megabytes: int) -> Iterator[bytes]:
    """A log with that many megabytes, made up in rounds: two of three lines are tunnels, one a whole address with a query."""
    block = "".join(
        _LINE.format(
            time=number,
            took=number % 900,
            a=number % 250,
            b=number % 199,
            size=number % 70_000,
            person=number % 4_000,
            method="GET" if number % 3 == 0 else "CONNECT",
            address=f"https://w{number % HOSTS}.site{number % (HOSTS // 4)}.com/look?for=student{number}&next=https://else.com/{number}"
            if number % 3 == 0
            else f"w{number % HOSTS}.site{number % (HOSTS // 4)}.com:443",
        )
        for number in range(40_000)
    ).encode()
    sent = 0
    while sent < megabytes * 2**20:
        for at in range(0, len(block), PIECE):
            yield block[at : at + PIECE]
        sent += len(block)


def run(full: bool) -> list[harness.Line]:
    """Some rounds, each in a process of its own."""
    rounds = 5 if full else 3
    found = [_in_a_process() for _ in range(rounds)]
    grown = sorted(each[0] for each in found)
    seconds = statistics.median(each[1] for each in found)
    value = statistics.median(grown)
    return [
        harness.line(
            "discovery_log",
            value,
            "MB of memory for a log of 200 MB",
            bar=BAR,
            better="lower",
            n=rounds,
            spread=[grown[0], grown[-1]],
            peers={"times as long as going through its lines": seconds / statistics.median(each[2] for each in found)},
            met=value <= BAR and seconds <= LONGEST_SECONDS,
            megabytes=MEGABYTES,
            seconds=round(seconds, 1),
            domains=found[0][3],
        )
    ]


def _in_a_process() -> tuple[float, float, float, int]:
    here, there = multiprocessing.get_context("spawn").Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_measure, args=(there,))
    process.start()
    found: tuple[float, float, float, int] = here.recv()
    process.join()
    return found


def _measure(answer: Connection) -> None:
    import django

    django.setup()
    from vendors.discovery.reading import Reader

    def read(megabytes: int) -> int:
        reader = Reader((), ())
        for piece in pieces(megabytes):
            reader.feed(piece)
        return len(reader.finish().seen)

    read(1)
    before = _peak()
    start = time.perf_counter()
    domains = read(MEGABYTES)
    took = time.perf_counter() - start
    grown = _peak() - before
    start = time.perf_counter()
    lines = sum(1 for piece in pieces(MEGABYTES) for _line in piece.splitlines())
    assert lines
    answer.send((grown, took, time.perf_counter() - start, domains))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
