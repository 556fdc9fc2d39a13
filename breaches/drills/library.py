"""The library of scenarios and what drills are held against, as data (data/*.json)."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from breaches.assessment import laws
from breaches.clocks.rules import Length, Start

_DATA = Path(__file__).parent / "data"


@dataclasses.dataclass(frozen=True)
class Inject:
    """Something that arrives `after` so many minutes, for one role, with questions to answer."""

    number: int
    after: int
    to: str
    words: str
    questions: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One exercise: what it is about, who takes part, and what arrives when. `idea` says where the idea is from."""

    id: str
    title: str
    kind: str
    severity: int
    found: str
    minutes: int
    idea: str
    summary: str
    roles: tuple[str, ...]
    injects: tuple[Inject, ...]
    sha256: str

    @property
    def questions(self) -> int:
        """How many questions it asks in all."""
        return sum(len(inject.questions) for inject in self.injects)


@functools.cache
def scenarios() -> Mapping[str, Scenario]:
    """All of them by their ids, in the order of the file."""
    said = json.loads((_DATA / "scenarios.json").read_text(encoding="utf-8"))["scenarios"]
    return {each["id"]: _scenario(each) for each in said}


def _scenario(said: Mapping[str, Any]) -> Scenario:
    injects = tuple(
        Inject(number, each["after"], each["to"], each["words"], tuple(each["questions"])) for number, each in enumerate(said["injects"])
    )
    plain = {name: said[name] for name in ("id", "title", "kind", "severity", "found", "minutes", "idea", "summary")}
    sha256 = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return Scenario(**plain, roles=tuple(said["roles"]), injects=injects, sha256=sha256)


@dataclasses.dataclass(frozen=True)
class Target:
    """By when a step of a drill should be done: the district's policy, in the units of the law's own clocks."""

    id: str
    start: Start
    length: Length


@functools.cache
def targets() -> tuple[Target, ...]:
    """What drills are held against, in the order of the steps."""
    said = json.loads((_DATA / "targets.json").read_text(encoding="utf-8"))["targets"]
    district = {target.id: target for target in laws.targets()}
    found = []
    for each in said:
        same = district[each["same_as"]] if "same_as" in each else None
        length = same.length if same else Length(each["number"], each["unit"])
        found.append(Target(each["id"], same.start if same else Start(each["start"]), length))
    return tuple(found)
