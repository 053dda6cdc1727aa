"""What a site does not say yet of itself, and that people look for. Pure."""

from actors.site_description import SiteDescription


def gaps(place: SiteDescription) -> list[str]:
    """The names of what is missing, what matters most first; its `commune` is already read.

    A point that is the commune's own leads people to the town hall, so it is missing too.
    """
    home = (place.commune.latitude, place.commune.longitude)
    return [
        name
        for name, known in (
            ("horaires", bool(place.opening_hours or place.hours)),
            ("services", bool(place.services)),
            ("comment y venir", bool(place.access_modes)),
            ("point sur la carte", place.latitude is not None and (place.latitude, place.longitude) != home),
            ("façon d’accompagner", bool(place.support_modes)),
            ("frais", bool(place.fees) or place.regulated_tariff),
            ("présentation", bool(place.summary)),
        )
        if not known
    ]
