-- Many entries in one statement; the accounts are locked and every key is new (services/mass.py sees to both).
-- The triggers compare totals and transfers when the statement ends, as they do for one entry.
WITH asked AS (
    SELECT place, entry_id, source, destination, amount
    FROM unnest(%(entry_ids)s::bigint[], %(sources)s::text[], %(destinations)s::text[], %(amounts)s::bigint[])
         WITH ORDINALITY AS m(entry_id, source, destination, amount, place)
),
moves AS MATERIALIZED (
    SELECT a.place, a.entry_id, s.id AS source_id, d.id AS destination_id, a.amount,
           s.sent + sum(a.amount) OVER (PARTITION BY s.id ORDER BY a.place) AS source_sent,
           d.received + sum(a.amount) OVER (PARTITION BY d.id ORDER BY a.place) AS destination_received
    FROM asked a
    JOIN ledger_account s ON s.code = a.source
    JOIN ledger_account d ON d.code = a.destination AND d.asset = s.asset
),
totals AS MATERIALIZED (
    SELECT id, sum(more_received)::bigint AS more_received, sum(more_sent)::bigint AS more_sent
    FROM (SELECT destination_id AS id, amount AS more_received, 0 AS more_sent FROM moves
          UNION ALL
          SELECT source_id, 0, amount FROM moves) sides
    GROUP BY id
),
verdict AS MATERIALIZED (
    SELECT (SELECT count(*) FROM moves) < (SELECT count(*) FROM asked) AS missing,
           -- One time for all: an account's time never runs back, and the entries share accounts.
           greatest(%(posted_at)s::timestamptz, (SELECT max(a.last_posted_at) FROM totals t
                                                 JOIN ledger_account a ON a.id = t.id)) AS posted_at,
           (SELECT min(a.code) FROM totals t JOIN ledger_account a ON a.id = t.id
            WHERE NOT a.may_go_negative AND a.sent + t.more_sent > a.received + t.more_received) AS short
),
entries AS (
    INSERT INTO ledger_entry (id, key, memo, posted_at, recorded_at)
    SELECT e.id, e.key, %(memo)s, v.posted_at, clock_timestamp()
    FROM unnest(%(ids)s::bigint[], %(keys)s::text[]) AS e(id, key) CROSS JOIN verdict v
    WHERE NOT v.missing AND v.short IS NULL
),
transfers AS (
    INSERT INTO ledger_transfer (entry_id, source_id, destination_id, amount, source_sent, destination_received)
    SELECT m.entry_id, m.source_id, m.destination_id, m.amount, m.source_sent, m.destination_received
    FROM moves m CROSS JOIN verdict v
    WHERE NOT v.missing AND v.short IS NULL
    ORDER BY m.place
),
grown AS (
    UPDATE ledger_account a
    SET received = a.received + t.more_received, sent = a.sent + t.more_sent, last_posted_at = v.posted_at
    FROM totals t CROSS JOIN verdict v
    WHERE a.id = t.id AND NOT v.missing AND v.short IS NULL
)
SELECT missing, short FROM verdict;
