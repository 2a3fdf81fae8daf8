"""R10 asks for at least 60 hostile cases, each with a name of its own; this counts what the other modules refuse."""

from tests.adapters import test_company_certificate, test_hostile_answers, test_hostile_certificates

HOSTILE = {
    "signature": list(test_company_certificate.HOSTILE),
    "certificate": list(test_hostile_certificates.HOSTILE),
    "OCSP answer": list(test_hostile_answers.OCSP),
    "list": list(test_hostile_answers.LISTS),
    "address": test_hostile_answers.ADDRESSES,
}


def test_enough_hostile_cases_have_a_name() -> None:
    named = {f"{kind}: {name}" for kind, names in HOSTILE.items() for name in names}
    assert len(named) == sum(map(len, HOSTILE.values())) >= 120
    assert all(len(names) >= 10 for names in HOSTILE.values())
