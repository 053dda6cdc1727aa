"""The services of the national standard, and the table that keeps them."""

from collections import Counter

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from aptic.vocabulary.models import Service
from aptic.vocabulary.table import FIRST_PARCOURS_ID, rows

NINE = [
    "Aide aux démarches administratives",
    "Maîtrise des outils numériques du quotidien",
    "Insertion professionnelle via le numérique",
    "Utilisation sécurisée du numérique",
    "Parentalité et éducation avec le numérique",
    "Loisirs et créations numériques",
    "Compréhension du monde numérique",
    "Accès internet et matériel informatique",
    "Acquisition de matériel informatique à prix solidaire",
]


def test_the_nine_services_of_the_standard_by_their_names(db):
    assert list(Service.objects.standard().values_list("name", flat=True)) == NINE
    assert list(Service.objects.standard().values_list("id", flat=True)) == list(range(1, 10))


def test_the_fifteen_of_the_first_version_stand_under_them(db):
    children = Service.objects.filter(kind=Service.Kind.FIRST_VERSION)
    assert sorted(children.values_list("id", flat=True)) == list(range(101, 116))
    under = Counter(children.values_list("parent", flat=True))
    assert under == {1: 3, 2: 3, 3: 2, 5: 1, 6: 1, 7: 2, 8: 2, 9: 1}


def test_the_database_holds_the_table(db):
    fields = ["id", "slug", "name", "description", "kind", "parent_id", "position", "active"]
    assert sorted(Service.objects.values_list(*fields)) == sorted(
        tuple(row[field] for field in fields) for row in rows()
    )


def test_words_are_for_citizens():
    for row in rows():
        assert row["description"].endswith(".")
        assert "usager" not in row["description"].lower()
        assert row["id"] < FIRST_PARCOURS_ID
    slugs = [row["slug"] for row in rows()]
    assert len(set(slugs)) == len(slugs)


def test_children_come_in_one_more_query(db, django_assert_num_queries):
    with django_assert_num_queries(2):
        tree = {service.id: [child.id for child in service.children.all()] for service in _tree()}
    assert tree[1] == [101, 102, 103]
    assert tree[4] == []


def _tree():
    return Service.objects.standard().active().with_children()


def parcours(**changes):
    fields = {
        "id": FIRST_PARCOURS_ID,
        "slug": "creer-une-boite-aux-lettres",
        "name": "Créer une boîte aux lettres électronique",
        "description": "Ouvrir une adresse et envoyer un premier message.",
        "kind": Service.Kind.PARCOURS,
        "parent_id": 2,
        "position": 10,
    }
    return Service(**{**fields, **changes})


def test_a_local_parcours_stands_under_a_service(fresh_database):
    parcours().save(using="owner", force_insert=True)
    assert Service.objects.get(pk=FIRST_PARCOURS_ID).parent_id == 2


@pytest.mark.parametrize("changes", [{"parent_id": None}, {"kind": "standard"}])
def test_only_the_standard_stands_alone(fresh_database, changes):
    with pytest.raises(IntegrityError, match="service_parent_unless_standard"):
        parcours(**changes).save(using="owner", force_insert=True)


def test_serving_roles_only_read(db):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        parcours().save(force_insert=True)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Service.objects.update(active=False)
