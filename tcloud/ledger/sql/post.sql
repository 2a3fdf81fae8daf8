-- One statement: lock the accounts, refuse or write entry, transfers and totals together.
-- The triggers compare totals and transfers when the statement ends.
WITH asked AS (
    SELECT place, source, destination, amount
    FROM unnest(%(sources)s::text[], %(destinations)s::text[], %(amounts)s::bigint[])
         WITH ORDINALITY AS m(source, destination, amount, place)
),
locked AS MATERIALIZED (
    SELECT id, code, asset, received, sent, may_go_negative, last_posted_at
    FROM ledger_account
    WHERE code IN (SELECT source FROM asked UNION SELECT destination FROM asked)
    ORDER BY code
    FOR NO KEY UPDATE
),
moves AS (
    SELECT a.place, s.id AS source_id, d.id AS destination_id, a.amount,
           s.sent + sum(a.amount) OVER (PARTITION BY s.id ORDER BY a.place) AS source_sent,
           d.received + sum(a.amount) OVER (PARTITION BY d.id ORDER BY a.place) AS destination_received
    FROM asked a
    JOIN locked s ON s.code = a.source
    JOIN locked d ON d.code = a.destination AND d.asset = s.asset
),
totals AS (
    SELECT l.id, l.may_go_negative, l.received, l.sent,
           coalesce((SELECT sum(amount) FROM moves WHERE destination_id = l.id), 0) AS more_received,
           coalesce((SELECT sum(amount) FROM moves WHERE source_id = l.id), 0) AS more_sent
    FROM locked l
),
verdict AS (
    SELECT (SELECT count(*) FROM moves) < (SELECT count(*) FROM asked) AS missing,
           -- Two transactions may reach an account in another order than they read their clocks.
           greatest(%(posted_at)s::timestamptz, (SELECT max(last_posted_at) FROM locked)) AS posted_at,
           coalesce(bool_or(NOT may_go_negative AND sent + more_sent > received + more_received), false) AS short,
           %(reverses)s::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_entry WHERE key = %(reverses)s) AS unknown
    FROM totals
),
written AS (
    INSERT INTO ledger_entry (key, memo, posted_at, recorded_at, reverses_id)
    SELECT %(key)s, %(memo)s, posted_at, clock_timestamp(),
           (SELECT id FROM ledger_entry WHERE key = %(reverses)s)
    FROM verdict
    WHERE NOT missing AND NOT short AND NOT unknown
    ON CONFLICT (key) DO NOTHING
    RETURNING id, posted_at
),
transfers AS (
    INSERT INTO ledger_transfer (entry_id, source_id, destination_id, amount, source_sent, destination_received)
    SELECT w.id, m.source_id, m.destination_id, m.amount, m.source_sent, m.destination_received
    FROM moves m CROSS JOIN written w
    ORDER BY m.place
),
grown AS (
    UPDATE ledger_account a
    SET received = t.received + t.more_received, sent = t.sent + t.more_sent, last_posted_at = w.posted_at
    FROM totals t CROSS JOIN written w
    WHERE a.id = t.id
)
SELECT v.missing, v.short, v.unknown, (SELECT id FROM written)
FROM verdict v;
