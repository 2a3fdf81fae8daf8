"""What may stand in an address; anything else is a page that does not exist, before any view is asked. tcloud.web.apps makes them known."""


class _Text:
    """A piece of the address that stays the text it is."""

    def to_python(self, value: str) -> str:
        """As it stands."""
        return value

    def to_url(self, value: str) -> str:
        """As it stands."""
        return value


class OrderNumber(_Text):
    """Two letters and ten digits, as tcloud.core.ids makes them."""

    regex = "[A-Z]{2}[0-9]{10}"


class Ubn(_Text):
    """A company's Unified Business Number."""

    regex = "[0-9]{8}"


class Token(_Text):
    """A signed link, as django.core.signing writes it."""

    regex = "[0-9A-Za-z:_-]{1,300}"


class ResetUser(_Text):
    """A user's number in base 36, as allauth writes it in the link for a new password."""

    regex = "[0-9a-z]{1,13}"


class ResetKey(_Text):
    """The one-time key of that link."""

    regex = "[0-9A-Za-z-]{1,100}"
