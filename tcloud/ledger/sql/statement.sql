-- Movements of one account in order, each with the balance after it. Totals and times grow together, so the totals at
-- both ends of the period bound it, and the indexes on running totals read nothing else.
WITH ends AS MATERIALIZED (
    SELECT ledger_received_at(%(account)s, %(before)s) AS received, ledger_sent_at(%(account)s, %(before)s) AS sent,
           ledger_received_at(%(account)s, %(last)s) AS received_then, ledger_sent_at(%(account)s, %(last)s) AS sent_then
)
SELECT e.key, e.memo, e.posted_at, m.amount,
       m.opening + sum(m.amount) OVER (ORDER BY m.id ROWS UNBOUNDED PRECEDING) AS balance,
       o.code AS counterpart
FROM (
    SELECT t.id, t.entry_id, t.amount, t.source_id AS other, ends.received - ends.sent AS opening
    FROM ends JOIN ledger_transfer t ON t.destination_id = %(account)s
     AND t.destination_received > ends.received AND t.destination_received <= ends.received_then
    UNION ALL
    SELECT t.id, t.entry_id, -t.amount, t.destination_id, ends.received - ends.sent
    FROM ends JOIN ledger_transfer t ON t.source_id = %(account)s
     AND t.source_sent > ends.sent AND t.source_sent <= ends.sent_then
) m
JOIN ledger_entry e ON e.id = m.entry_id
JOIN ledger_account o ON o.id = m.other
ORDER BY m.id
