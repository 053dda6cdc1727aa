"""The columns of the national schema, and its words for what we store. Source: La MedNum, v1.0.2 (`docs/decisions`)."""

from django.db.models import TextChoices

from actors import site_description as said

COLUMNS = (
    "id", "pivot", "nom", "commune", "code_postal", "code_insee", "adresse", "complement_adresse", "latitude",
    "longitude", "typologie", "telephone", "courriels", "site_web", "horaires", "presentation_resume",
    "presentation_detail", "source", "itinerance", "structure_parente", "date_maj", "services",
    "publics_specifiquement_adresses", "prise_en_charge_specifique", "frais_a_charge",
    "dispositif_programmes_nationaux", "formations_labels", "autres_formations_labels", "modalites_acces",
    "modalites_accompagnement", "fiche_acces_libre", "prise_rdv",
)  # fmt: skip
REQUIRED = ("id", "pivot", "nom", "commune", "code_postal", "adresse", "date_maj")
SEPARATOR = "|"
# Columns that hold words of a closed list: our field, its words.
LISTS: dict[str, tuple[str, type[TextChoices]]] = {
    "itinerance": ("itinerance", said.Itinerance),
    "publics_specifiquement_adresses": ("publics", said.Public),
    "prise_en_charge_specifique": ("special_care", said.SpecialCare),
    "frais_a_charge": ("fees", said.Fee),
    "modalites_acces": ("access_modes", said.AccessMode),
    "modalites_accompagnement": ("support_modes", said.SupportMode),
}
# Columns that nobody types by hand and whose form is checked: no spreadsheet takes them for more than a number.
NUMBERS = frozenset(("latitude", "longitude", "telephone", "date_maj", "code_postal", "code_insee", "pivot"))
NO_PIVOT = "00000000000000"  # what the national map itself writes for an organisation without a number
TYPOLOGIES = {
    said.Host.SOCIAL_CENTRE: "CS",
    said.Host.THIRD_PLACE: "TIERS_LIEUX",
    said.Host.LIBRARY: "BIB",
    said.Host.TOWN_HALL: "MUNI",
    said.Host.FRANCE_SERVICES: "RFS",
    said.Host.EMPLOYMENT: "ML",
    said.Host.ASSOCIATION: "ASSO",
}
FRANCE_SERVICES = "France Services"
# The schema's first version had a label and an access mode of ours; they were dropped and stay sayable here.
LABELS = ("APTIC", "Accepte le Pass numérique")
DIALLING = {
    "971": "590", "972": "596", "973": "594", "974": "262", "975": "508", "976": "262", "977": "590", "978": "590",
    "986": "681", "987": "689", "988": "687",
}  # fmt: skip


def international(phone: str, departement: str) -> str:
    """A number as the schema wants it, "+33500000000"; empty when it is none.

    >>> international("05 56 00 00 00", "33"), international("0262 00 00 00", "974")
    ('+33556000000', '+262262000000')
    """
    kept = "".join(letter for letter in phone if letter.isdigit() or letter == "+")
    if kept.startswith("00"):
        kept = f"+{kept[2:]}"
    if kept.startswith("0") and len(kept) == 10:
        kept = f"+{DIALLING.get(departement, '33')}{kept[1:]}"
    return kept if is_international(kept) else ""


def is_international(phone: str) -> bool:
    """Does the schema take this number?"""
    prefixes = ("+33", "+590", "+594", "+262", "+596", "+269", "+687", "+689", "+508", "+681")
    found = next((prefix for prefix in prefixes if phone.startswith(prefix)), "")
    rest = phone[len(found) :]
    return bool(found) and rest.isdigit() and 6 <= len(rest) <= 9


def national(phone: str) -> str:
    """The reverse, as people write it here: "+33556000000" → "0556000000"; any other text stays."""
    for prefix in ("+33", *(f"+{code}" for code in set(DIALLING.values()))):
        rest = phone.removeprefix(prefix)
        if rest != phone and len(rest) == 9:
            return f"0{rest}"
    return phone
