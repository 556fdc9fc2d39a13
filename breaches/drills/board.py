"""What the school board reads of drills: how many, when the last one was, and how it did."""

from django.utils.translation import gettext as _

from breaches.drills import queries
from governance.exports.board import Part, Period, Row
from portal.base.templatetags.portal import long_date


def part(period: Period) -> Part:
    """Drills that ended in the period and in the one before, and the last one as evidence."""
    counted = {}
    for is_now, which in ((True, period), (False, period.before)):
        since, until = which.bounds()
        counted[is_now] = queries.ended().filter(ended_at__gte=since, ended_at__lt=until).count()
    rows = [Row(_("Breach drills that were played to their end"), counted[True], counted[False])]
    last = queries.last()
    if last is not None and last.result is not None:
        rows.append(Row(_("Last breach drill"), long_date(last.ended_at), ""))
        done = _("%(good)d of %(steps)d") % {"good": last.result["good"], "steps": len(last.result["steps"])}
        rows.append(Row(_("Steps of it that were done in time"), done, ""))
    text = [] if last is not None else [_("No breach drill has been played yet.")]
    return Part(heading=_("Ready for a breach"), label=_("What"), rows=rows, text=text, name="drills")
