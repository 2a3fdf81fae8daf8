-- What post.sql does, for one amount between two accounts: nearly every posting, and a third of the work. One statement:
-- lock both accounts, refuse or write entry, transfer and totals together. No row: an account is missing.
-- The triggers compare totals and transfers when the statement ends.
WITH locked AS MATERIALIZED (
    SELECT id, code, asset, received, sent, may_go_negative, last_posted_at
    FROM ledger_account
    WHERE code IN (%(source)s, %(destination)s)
    ORDER BY code
    FOR NO KEY UPDATE
),
verdict AS MATERIALIZED (
    SELECT s.id AS source_id, d.id AS destination_id,
           s.sent + %(amount)s::bigint AS source_sent, d.received + %(amount)s::bigint AS destination_received,
           -- Two transactions may reach an account in another order than they read their clocks.
           greatest(%(posted_at)s::timestamptz, s.last_posted_at, d.last_posted_at) AS posted_at,
           NOT s.may_go_negative AND s.sent + %(amount)s::bigint > s.received AS short
    FROM locked s
    JOIN locked d ON d.asset = s.asset
    WHERE s.code = %(source)s AND d.code = %(destination)s AND s.id <> d.id
),
written AS (
    INSERT INTO ledger_entry (key, memo, posted_at, recorded_at)
    SELECT %(key)s, %(memo)s, posted_at, clock_timestamp()
    FROM verdict
    WHERE NOT short
    ON CONFLICT (key) DO NOTHING
    RETURNING id
),
transfers AS (
    INSERT INTO ledger_transfer (entry_id, source_id, destination_id, amount, source_sent, destination_received)
    SELECT w.id, v.source_id, v.destination_id, %(amount)s, v.source_sent, v.destination_received
    FROM verdict v CROSS JOIN written w
),
grown AS (
    UPDATE ledger_account a
    SET sent = CASE WHEN a.id = v.source_id THEN v.source_sent ELSE a.sent END,
        received = CASE WHEN a.id = v.destination_id THEN v.destination_received ELSE a.received END,
        last_posted_at = v.posted_at
    FROM verdict v CROSS JOIN written w
    WHERE a.id IN (v.source_id, v.destination_id)
)
SELECT v.short, (SELECT id FROM written)
FROM verdict v
