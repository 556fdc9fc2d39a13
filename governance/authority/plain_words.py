"""What families read instead of the law's name for a basis (people.md E)."""

from django.utils.translation import gettext_lazy as _

BASES = {
    "ferpa-consent": _("You said yes to this in writing."),
    "ferpa-school-official": _("Works for the school. Needs it for this work."),
    "wi-118-125-2d-official": _("Works for the school. Needs it to teach or support students."),
    "ferpa-outsourced-official": _("Works for the school under a contract. May use it only for that work."),
    "ferpa-transfer-school": _("The school where the student goes next."),
    "wi-118-125-4-transfer": _("The school where the student goes next."),
    "ferpa-audit": _("Checks or evaluates public education programs."),
    "ferpa-state-dpi": _("The state asks every district for this."),
    "wi-118-125-2g-dpi": _("The state asks every district for this."),
    "ferpa-financial-aid": _("Needed for financial aid that the student asked for."),
    "ferpa-study": _("Studies how well the district's programs work. No names are published."),
    "ferpa-court-order": _("A court ordered it."),
    "wi-118-125-2c-judge": _("A judge asked for it."),
    "wi-118-125-2f-subpoena": _("A court ordered it."),
    "wi-118-125-2L-order": _("A court ordered it."),
    "ferpa-emergency": _("There was a danger to somebody's health or safety."),
    "wi-118-125-2p-emergency": _("There was a danger to somebody's health or safety."),
    "ferpa-directory": _("A fact the school may give to anyone who asks, unless you say no."),
    "wi-118-125-2j-directory": _("A fact the school may give to anyone who asks, unless you say no."),
    "ferpa-family": _("It is the family's right to see it."),
    "wi-118-125-2a-family": _("It is the student's and the parents' right to see it."),
    "ferpa-juvenile-justice": _("The law lets the youth justice system have it."),
    "ferpa-foster-agency": _("The agency that cares for the child in foster care."),
    "wi-118-125-2q-childwelfare": _("The agency that cares for the child in foster care."),
    "ferpa-deidentified": _("Nobody can be recognized in it."),
    "coppa-school-authorization": _("The school agreed for students under 13, for school use only."),
    "coppa-parent-consent": _("You said yes to this."),
    "ppra-survey-consent": _("You said yes to this survey."),
    "ppra-survey-optout": _("You may say no to this survey."),
    "recruiter-access": _("Federal law gives recruiters name, address and phone, unless you say no."),
    "idea-agency": _("Serves students with disabilities."),
    "nslp-eligibility-release": _("Needed to give free or low-cost meals."),
    "wi-118-125-2cg-attendance": _("The law lets the police see attendance in a truancy case."),
    "wi-118-125-2cm-agencies": _("Runs the program that the student is in."),
    "wi-118-125-2e-permission": _("You said yes to this in writing."),
    "wi-118-125-2h-immunization": _("The health department checks that students have their shots."),
    "wi-118-125-2hm-lead": _("The health department checks for lead."),
    "wi-118-125-2m-no-placement": _("A court order keeps this parent from seeing it."),
    "wi-146-82-health": _("Cares for students' health at school."),
}


def plain_words(basis: str, otherwise: str = "") -> str:
    """The sentence for a basis in the reader's language; `otherwise` where there is none."""
    return str(BASES.get(basis, otherwise))
