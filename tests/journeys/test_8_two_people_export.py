"""Compliance wants the whole trail: the superintendent agrees, the file is made, and the board gets its report."""

import re
from collections.abc import Callable

from governance.exports import making
from governance.exports.models import Export
from tests.journeys.reader import Reader


def test_two_people_take_the_whole_trail_out(i_am: Callable[..., Reader]) -> None:
    compliance = i_am("compliance")
    compliance.goes_to("/audit/export/")
    compliance.sees("The whole trail", "A second person is needed")
    compliance.finds_the_page_in_order()
    compliance.presses("Ask for the export")
    compliance.finds_the_page_in_order()  # with what is missing
    compliance.page.locator("main").get_by_role("radio").first.check()
    compliance.writes("Why, in your own words", "Counsel asked for a copy.")
    compliance.presses("Ask for the export")
    compliance.sees("Waiting for a second person", "somebody else has to decide")
    compliance.finds_the_page_in_order()
    export = Export.objects.get()

    leader = i_am("leader")
    leader.goes_home()
    leader.follows("An export of the trail waits for a second person")
    leader.sees("Counsel asked for a copy.", "The whole trail: nothing is filtered.")
    leader.finds_the_page_in_order()
    leader.presses("Agree")
    leader.does_not_see("Download the file")

    making.make(export.public_id)
    compliance.goes_home()
    compliance.opens_from_menu("Exports")
    compliance.finds_the_page_in_order()
    compliance.follows("Regular review of who opens what")
    compliance.sees("Ready to download", "Approved by")
    with compliance.page.expect_download() as taken:
        compliance.follows(re.compile("Download the file"))
    assert taken.value.suggested_filename.endswith(".csv")
    compliance.presses("Remove the file now")
    compliance.sees("Called off")


def test_without_javascript_the_page_tells_how_far_it_is(i_am: Callable[..., Reader]) -> None:
    compliance = i_am("compliance", javascript=False)
    compliance.goes_to("/audit/export/?kind=records.emergency.opened")
    compliance.page.locator("main").get_by_role("radio").first.check()
    compliance.writes("Why, in your own words", "Emergencies of this year.")
    compliance.ticks("PDF report", role="radio")
    compliance.presses(re.compile("Make the file|Ask for the export"))
    compliance.sees("lines written")
    making.make(Export.objects.get().public_id)
    compliance.page.reload()
    compliance.sees("Ready to download")


def test_the_report_for_the_board(i_am: Callable[..., Reader]) -> None:
    compliance = i_am("compliance")
    compliance.goes_home()
    compliance.opens_from_menu("Board report")
    compliance.sees("By role", "By purpose", "By school", "Refusals", "Emergencies", "99.32", "Overdue today", "What we do not yet see")
    compliance.finds_the_page_in_order()
    with compliance.page.expect_download() as taken:
        compliance.follows("PDF, English")
    assert taken.value.suggested_filename.endswith("-en.pdf")
