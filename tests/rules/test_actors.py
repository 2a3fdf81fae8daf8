"""A reference says who acted; a name beside it is only shown."""

import pytest

from tcloud.core.actors import Actor, machine, name_of, party, person, rule


def test_a_reference_is_what_is_stored_and_the_name_stands_beside() -> None:
    somebody = person(17, "gateway")
    assert str(somebody) == "user:17"
    assert name_of(somebody) == "gateway"
    assert [str(one) for one in (party("24468011"), rule("self_pay"), machine("gateway:ecpay"))] == [
        "company:24468011", "rule:self_pay", "machine:gateway:ecpay",
    ]  # fmt: skip
    assert name_of(rule("self_pay")) == name_of("user:17") == ""


@pytest.mark.parametrize("typed", ["gateway", "vendor_answers", "", "林佳穎", "user:", "user:1 2", "office:1", "rule:" + "x" * 61])
def test_a_typed_name_is_no_reference(typed: str) -> None:
    with pytest.raises(ValueError, match="names no kind of actor"):
        Actor(typed)


def test_a_long_name_fits_its_column() -> None:
    assert len(name_of(person(1, "長" * 200))) == 80
