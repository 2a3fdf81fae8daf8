"""Many companies that are ready for their grant, a few statements in all: for benches, races and mass operations.

They are written past the use cases, because reaching this state through them takes dozens of statements a company.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from tcloud.programme.models import Call
from tcloud.programme.queries import rule_set_at

FIRST = 10_000_000
_STATEMENTS = (
    """INSERT INTO identity_user (email, name, phone, language, password, is_active, created_at)
       SELECT n || '@x.example', '負責人' || n, '', CASE mod(n, 3) WHEN 0 THEN 'en' ELSE 'zh-hant' END, '', true, %(now)s
       FROM generate_series(%(first)s::int, %(last)s::int) n ON CONFLICT DO NOTHING""",
    """INSERT INTO members_company (ubn, name, representative, address, phone, email, created_at)
       SELECT n::text, '公司' || n, '', '', '', n || '@x.example', %(now)s
       FROM generate_series(%(first)s::int, %(last)s::int) n ON CONFLICT DO NOTHING""",
    """INSERT INTO members_membership (company_id, user_id, role, created_at)
       SELECT c.id, u.id, 'company_owner', %(now)s FROM members_company c JOIN identity_user u ON u.email = c.email
       WHERE c.ubn BETWEEN %(first)s::text AND %(last)s::text ON CONFLICT DO NOTHING""",
    """INSERT INTO members_application (call_id, rule_set_id, state, secret_hash, language, ubn, company_name,
           card_fingerprint, email, contact_name, phone, password_hash, company_id, started_at, submitted_at,
           decided_at, decision_reason)
       SELECT %(call)s, %(rule_set)s, 'approved', %(code)s || c.ubn, 'zh-hant', c.ubn, c.name, '', c.email, '', '', '',
              c.id, %(done)s, %(done)s, %(done)s + %(step)s * (c.ubn::int - %(first)s), ''
       FROM members_company c WHERE c.ubn BETWEEN %(first)s::text AND %(last)s::text""",
    """INSERT INTO assessments_assessment (company_ubn, call_code, question_version, answers, scores, started_at,
           saved_at, completed_at)
       SELECT n::text, %(code)s, 1, '{}', '{}', %(done)s, %(done)s, %(early)s
       FROM generate_series(%(first)s::int, %(last)s::int) n""",
)


def ready(call: Call, count: int, now: datetime, *, start: int = 0, backwards: bool = False) -> list[str]:
    """Approved companies that have filled in the questionnaire, in the order in which they were ready; their numbers.

    Each was approved a tenth of a second after the one before; `backwards`: the highest number came first.
    """
    first, last = FIRST + start, FIRST + start + count - 1
    parameters: dict[str, Any] = {
        "first": first, "last": last, "call": call.pk, "code": call.code, "now": now, "done": now - timedelta(days=10),
        "early": now - timedelta(days=30), "rule_set": rule_set_at(call, now).pk,
        "step": timedelta(milliseconds=-100 if backwards else 100),
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, parameters)
    numbers = [str(number) for number in range(first, last + 1)]
    return numbers[::-1] if backwards else numbers
