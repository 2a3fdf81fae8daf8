"""Oscar asks for a thumbnail of the "no picture" picture on every card; it gets one that costs nothing."""

from types import SimpleNamespace


class NoPictures:
    """A thumbnailer that makes none."""

    def generate_thumbnail(self, source: object, **options: object) -> SimpleNamespace:
        """An address and a size, as the templates want them."""
        return SimpleNamespace(url="/static/none.png", width=1, height=1)

    def delete_thumbnails(self, source: object) -> None:
        """Nothing was made."""
