"""What the demo district knows of its tools and decided about them: facts alone, which `tools` and `agreements` write down."""

import dataclasses

from vendors.agreements.models import Agreement
from vendors.reviews.models import ConsentNeeded

Kind = Agreement.Kind
PURPOSE = "online-learning-tool"
BASE = ("name", "grade", "local-id", "username")
ROSTER = (*BASE, "email", "school", "schedule", "teachers")
WORK = ("student-work", "app-performance", "app-use")
SAFE = ["encrypted-in-transit", "encrypted-at-rest", "access-limited", "staff-trained", "subprocessors-bound", "no-advertising", "no-sale"]
MOST_DAYS = 360  # how far back the demo's trail reaches


@dataclasses.dataclass(frozen=True)
class DemoTool:
    """A tool with what was decided about it. Days count back from today. `agreed`: kind of the agreement, empty for none; `ends`: days until
    its last day; `ended`: ended so many days ago. `decided`: approved or refused so many days ago; neither where `state` says so."""

    name: str
    provider: str
    subject: str
    summary: str
    state: str  # approved, refused, waiting, listed, retired
    accounts: str = "students"
    collects: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    agreed: str = ""
    ends: int | None = 580
    ended: int | None = None
    decided: int = 90
    consent: str = ConsentNeeded.INFORM
    youngest: int | None = None
    no_names: bool = False
    conditions: str = ""
    reason: str = ""
    instead: tuple[str, ...] = ()
    risk: str = ""


TOOLS = (
    DemoTool(
        "Reading Journey", "Reading Journey", "reading", "Texts at each student's own reading level, with questions.", "approved",
        collects=ROSTER, optional=WORK, agreed=Kind.NDPA, decided=70, consent=ConsentNeeded.OPT_IN,
        conditions="Use only the texts that you assign. The open library stays switched off.",
        reason="It follows the reading curriculum, keeps data in the United States and deletes it within 60 days.",
    ),
    DemoTool(
        "Math Trails", "Trailhead Learning", "mathematics", "Practice in small steps, with hints.", "approved",
        collects=BASE, optional=("app-performance",), agreed=Kind.NDPA, decided=120,
        reason="It takes little data and its reports help teachers plan.",
    ),
    DemoTool(
        "Lab Bench", "Open Science Collective", "science", "Simulated experiments in the browser, without accounts.", "approved",
        accounts="none", decided=150, reason="It collects nothing about students.",
    ),
    DemoTool(
        "Star Atlas", "Open Science Collective", "science", "The night sky over Wisconsin, any day of the year.", "approved",
        accounts="none", decided=150, reason="It collects nothing about students.",
    ),
    DemoTool(
        "Civic Voices", "Civic Voices Fund", "social-studies", "Debates in writing between classes.", "approved",
        collects=BASE, optional=("student-work",), agreed=Kind.OFFER, decided=60, youngest=13, consent=ConsentNeeded.OPT_OUT,
        reason="Good practice in writing. The provider's terms begin at 13.",
    ),
    DemoTool(
        "Hola Amigo", "Polyglot Press", "world-languages", "Spanish and French with pictures and games.", "approved",
        collects=("username", "app-performance"), agreed=Kind.CONTRACT, decided=100, no_names=True,
        reason="It works with made-up names, so nothing points at a student.",
    ),
    DemoTool(
        "Check-In Cards", "Trailhead Learning", "assessment", "Three questions at the end of a lesson.", "approved",
        collects=BASE, optional=("student-work",), agreed=Kind.NDPA, decided=110, reason="It does what exit tickets do, and no more.",
    ),
    DemoTool(
        "Class Chimes", "Chime Works", "communication", "Short messages between teachers and families.", "approved",
        collects=("name", "grade", "guardian-name", "guardian-email"), agreed=Kind.NDPA, ends=74, decided=200,
        reason="Families asked for one way to hear from school.",
    ),
    DemoTool(
        "Code Meadow", "Code Meadow", "computing", "First steps in programming with blocks.", "approved",
        collects=("username", "student-work"), agreed=Kind.TERMS, ends=None, decided=45, no_names=True, risk="medium",
        reason="No negotiated agreement, but no names either. The terms were read and can change: looked at again each year.",
    ),
    DemoTool(
        "QuizParade", "Parade Games", "assessment", "Quizzes as a race, with points and ranks.", "refused",
        collects=BASE, decided=80, instead=("Check-In Cards",),
        reason="Its terms allow advertising by what students do, and it ranks them before the class.",
    ),
    DemoTool(
        "Pocket Tutor", "Pocket Tutor", "mathematics", "A tutor that answers in writing and suggests the next exercise.", "waiting",
        collects=(*BASE, "ai-prompts", "derived-score"), decided=6, instead=("Math Trails",),
    ),
    DemoTool(
        "Photo Diary", "Snapleaf", "arts", "Pictures and captions, one page a week.", "approved",
        collects=(*BASE, "photograph"), agreed=Kind.CONTRACT, ended=41, decided=230, instead=("Civic Voices",),
        reason="A portfolio that families could see.",
    ),
    DemoTool("Essay Mirror", "Inkwell Labs", "reading", "Marks repeated words and long sentences.", "listed", collects=("student-work",)),
    DemoTool("Field Notes", "Snapleaf", "science", "Notes and pictures from outdoors.", "retired", collects=BASE, decided=300),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Wish:
    """A request for a tool. Days count back; `days` is how long the answer took, None while it waits. Without `tool` it is unlisted."""

    persona: str
    asked: int
    days: int | None
    activity: str
    tool: str = ""
    name: str = ""


WISHES = (
    Wish("colleague", 330, 6, "Exit tickets", "Check-In Cards"),
    Wish("counselor", 290, 12, "Sign-up for talks", "Class Chimes"),
    Wish("teacher", 240, 4, "Lab simulations before the real lab", "Lab Bench"),
    Wish("colleague", 170, 9, "Debates with the class in Cedar Falls", "Civic Voices"),
    Wish("principal", 130, 15, "Messages home", "Class Chimes"),
    Wish("teacher", 88, 8, "A race at the end of the unit", "QuizParade"),
    Wish("teacher", 78, 8, "Science texts at each reading level", "Reading Journey"),
    Wish("teacher", 6, None, "Help with homework problems between lessons", "Pocket Tutor"),
    Wish("colleague", 3, None, "Clubs meet and argue in writing", "", "Debate Club Online"),
)

GUIDANCE = {
    "Reading Journey": {
        "setup": (
            "Sign in with your school account, not with a password of its own.\n"
            "Check that the open library is switched off.\n"
            "Choose the class that the portal made. Do not type students in."
        ),
        "without_account": (
            "Print the text of the day for everybody and let those who have an account answer on screen. Pairs read one text on one device, "
            "so that nobody sees who has an account."
        ),
        "families_en": (
            "Hello families,\nin science we read texts at each student's own level with Reading Journey. It gets your child's name, grade, "
            "school e-mail and class, and what your child reads and answers. It sells nothing and shows no advertising. You find it under "
            "“My children” in the portal, where you can say OK. Without your OK, your child reads the same text on paper."
        ),
        "families_es": (
            "Hola, familias:\nen ciencias leemos textos al nivel de cada estudiante con Reading Journey. Recibe el nombre de su hijo o hija, el "
            "grado, el correo escolar y la clase, y lo que lee y responde. No vende nada ni muestra publicidad. En el portal, en «Mis hijos», "
            "puede dar su permiso. Sin su permiso, su hijo o hija lee el mismo texto en papel."
        ),
        "whom_to_call": "Andrea Thao, Director of instruction, 715-555-0140",
    },
    "Hola Amigo": {
        "setup": "Make one class code.\nGive each student a made-up name from the list in the teachers' folder.\nKeep the list on paper.",
        "without_account": "The cards can be printed. Groups of three play with one set.",
    },
}  # fmt: skip
