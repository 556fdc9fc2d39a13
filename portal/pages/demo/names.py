"""Names of invented people, in the mix of a small Wisconsin city. A given name and a family name meet at random; nobody here is real."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Origin:
    """One community: how often a family belongs to it, its names, and how often it speaks `language` at home."""

    share: float
    girls: tuple[str, ...]
    boys: tuple[str, ...]
    families: tuple[str, ...]
    ethnicity: str
    language: str = "English"
    language_share: float = 0.0


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIRLS = _words(
    "Emma Olivia Ava Charlotte Amelia Evelyn Harper Nora Hazel Violet Grace Lily Eleanor Hannah Ella Lucy Stella "
    "Clara Josie Ruby Alice Norah Maeve "
    "Brooklyn Addison Aubrey Leah Audrey Natalie Samantha Piper Autumn Jada Nia Imani Aaliyah Kennedy Morgan Paige "
    "Rowan Sadie Tessa Willa June"
)
_BOYS = _words(
    "Liam Noah Oliver Henry Theodore James William Owen Jack Levi Wyatt Hudson Isaac Lincoln Gavin Caleb Nolan Eli "
    "Miles Everett Cooper Parker Brooks "
    "Mason Jaxon Carter Evan Connor Dylan Ryan Andre Malik Isaiah Elijah Darius Jordan Cole Grant Leo Simon August Emmett Calvin Reid Otto"
)

ORIGINS = (
    Origin(
        0.62,
        _GIRLS,
        _BOYS,
        _words(
            "Anderson Becker Brandt Carlson Christensen Dahl Erickson Fischer Gruber Hansen Hartmann Hoffmann Jensen "
            "Johnson Kaiser Keller Klein Kowalski "
            "Krueger Larson Lindgren Lewandowski Meyer Miller Moore Mueller Nelson Novak Nowak Olson Peterson Pfeiffer "
            "Quinn Reinke Richter Robinson "
            "Schmidt Schneider Schroeder Schultz Smith Sorensen Sullivan Swanson Taylor Thomas Thompson Voss Wagner Walker "
            "Washington Weber Williams "
            "Wisniewski Zimmerman Burke Bennett Brooks Carter Coleman Collins Davis Ellis Foster Gibson Harris Jackson King "
            "Lewis Mitchell Murphy Parker"
        ),
        "white",
    ),
    Origin(
        0.14,
        _words(
            "Sofia Camila Valentina Isabella Lucia Daniela Mariana Ximena Emily Natalia Elena Julieta Gabriela Ariana Paola "
            "Renata Abril Andrea"
        ),
        _words(
            "Mateo Santiago Sebastian Diego Leonardo Emiliano Gabriel Adrian Daniel Angel Joaquin Nicolas Luis Andres "
            "Carlos Alejandro Javier Hugo"
        ),
        _words(
            "Aguilar Alvarez Castillo Cruz Delgado Dominguez Espinoza Flores Garcia Gomez Gonzalez Gutierrez Hernandez "
            "Jimenez Lopez Martinez Medina "
            "Mendoza Morales Moreno Ortega Perez Ramos Reyes Rivera Rodriguez Ruiz Salazar Sanchez Santos Torres Vargas Vasquez"
        ),
        "hispanicOrLatinoEthnicity",
        "Spanish",
        0.55,
    ),
    Origin(
        0.10,
        _words("Mai Kalia Pa-Nhia Gao Nou Sheng Maly Bao Emily Ashley Melody Jasmine Victoria Hlee Paj Evelyn Ellie Abigail"),
        _words("Tou Kong Meng Xeng Pao Yeng Chue Ethan Kevin Jayden Ryan Alex Toua Fue Nathan Lucas Brandon Aiden"),
        _words("Chang Cheng Fang Hang Her Khang Kong Kue Lee Lo Lor Moua Thao Vang Vue Xiong Yang Cha"),
        "asian",
        "Hmong",
        0.35,
    ),
    Origin(
        0.04,
        _words("Amina Hodan Ifrah Sagal Nasra Ayan Fadumo Halima Maryam Sumaya Zahra Khadija"),
        _words("Abdi Mohamed Ahmed Yusuf Ibrahim Liban Mahad Zakaria Bilal Hamza Omar Guled"),
        _words("Abdi Ali Farah Hassan Hussein Ibrahim Jama Mohamud Nur Omar Osman Warsame"),
        "blackOrAfricanAmerican",
        "Somali",
        0.7,
    ),
    Origin(
        0.05,
        (*_GIRLS[:20], "Winona", "Aiyana", "Nodin", "Migizi"),
        (*_BOYS[:20], "Wade", "Dakota", "Waban", "Migizi"),
        _words(
            "Waukau Corn Dodge Waupoose Tourtillott Peters Kakkak Wilber Bearskin Greendeer Decorah Whiteagle Cloud "
            "Skenandore Danforth Metoxen "
            "Cornelius Webster Cadotte Bressette Soulier Wiggins"
        ),
        "americanIndianOrAlaskaNative",
    ),
    Origin(
        0.05,
        _words("Priya Ananya Meera Sara Layla Noor Mei Lin Hana Thuy Oksana Daria Anya Ngozi Adaeze Grace"),
        _words("Arjun Rohan Dev Omar Yusef Wei Jun Minh Bao Taras Danylo Maksym Emeka Chidi Samuel Kofi"),
        _words("Patel Sharma Nair Rao Haddad Khalil Chen Liu Nguyen Tran Kovalenko Shevchenko Bondar Okafor Adeyemi Mensah"),
        "asian",
    ),
)

ADULT_WOMEN = _words(
    "Jennifer Amy Melissa Michelle Kimberly Lisa Angela Heather Stephanie Nicole Jessica Elizabeth Rebecca Kelly "
    "Mary Christina Amanda Julie Sarah Laura "
    "Rachel Katherine Erin Andrea Tanya Renee Monica Denise Carla Tiffany Kristin Dana Megan Holly Gina"
)
ADULT_MEN = _words(
    "Michael David James John Robert Christopher Matthew Brian Jason Daniel Jeffrey Eric Scott Steven Kevin Mark "
    "Timothy Anthony Andrew Ryan Joshua "
    "Nicholas Paul Aaron Peter Gregory Patrick Kyle Adam Derek Marcus Travis Chad Nathan Craig"
)
STREETS = _words(
    "Mill River Oak Maple Cedar Birch Church Main Prairie Ridge Dam Lake Park Station Second Third Fourth Hickory "
    "Elm Bluff Ferry Harbor Orchard Quarry"
)
