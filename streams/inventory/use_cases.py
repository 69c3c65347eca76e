"""Questions of the territory."""

from streams.inventory.declared import Declared


class UseCase(Declared):
    """A question of the territory; titles in French and English."""

    title_fr: str
    title_en: str
    owner: str = ""
