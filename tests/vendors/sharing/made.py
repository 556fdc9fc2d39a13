"""A tool whose agreement, approval, classes and delivery are as far along as a test needs them."""

import csv
import io
import zipfile
from typing import Any

from governance.records import scope
from governance.records.models import Student
from portal.base import clock
from tests.governance.situations import person, sections_of
from tests.vendors import situations
from vendors.providers.models import Tool
from vendors.sharing import actions
from vendors.sharing.models import Delivery
from vendors.tool_requests import actions as uses

ELEMENTS = ("name", "grade", "local-id", "username", "email", "school", "schedule")


def used(*, elements: tuple[str, ...] = ELEMENTS, classes: int = 1, **approval: Any) -> Tool:
    """An approved tool that the teacher's first classes use."""
    tool = situations.tool(elements=elements)
    situations.in_force(tool, elements=elements)
    situations.approve(situations.checked(situations.review_of(tool)), elements=elements, **approval)
    uses.begin_use(tool=tool, sections=sections_of(person("teacher"))[:classes], by=person("teacher"), at=clock.now())
    return tool


def opened(tool: Tool | None = None, **more: Any) -> Delivery:
    """A delivery of which nobody has seen the preview yet."""
    return actions.open_delivery(tool=tool or used(**more), purpose=situations.PURPOSE, by=person("admin"), at=clock.now())


def seen(tool: Tool | None = None, **more: Any) -> Delivery:
    """A delivery whose preview somebody has confirmed."""
    delivery = opened(tool, **more)
    decided = actions.preview(delivery=delivery, by=person("admin"), at=clock.now())
    return actions.confirm(delivery=delivery, children=len(decided.given), by=person("admin"), at=clock.now())


def sent(delivery: Delivery) -> dict[str, list[dict[str, str]]]:
    """What a bundle holds, by file."""
    _release, content = actions.send_bundle(delivery=delivery, by=person("admin"), at=clock.now())
    return unpacked(content)


def unpacked(content: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        return {
            name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(bundle.read(name).decode(), newline="")))
            for name in bundle.namelist()
        }


def class_of_the_teacher() -> list[Student]:
    """The children of the teacher's first class."""
    [section] = scope.sections_taught_by(person("teacher"), on=clock.today())[:1]
    return list(Student.objects.filter(pk__in=scope.students_of(section, on=clock.today())).order_by("pk"))
