-- The first transfer of an account, in the order of its running totals, that does not continue the one before it.
SELECT e.key, m.id, m.total - m.amount, m.expected
FROM (
    SELECT id, entry_id, amount, destination_received AS total,
           coalesce(lag(destination_received) OVER (ORDER BY destination_received), 0) AS expected
    FROM ledger_transfer WHERE destination_id = %(account)s
    UNION ALL
    SELECT id, entry_id, amount, source_sent, coalesce(lag(source_sent) OVER (ORDER BY source_sent), 0)
    FROM ledger_transfer WHERE source_id = %(account)s
) m
JOIN ledger_entry e ON e.id = m.entry_id
WHERE m.total - m.amount <> m.expected
ORDER BY m.id
LIMIT 1
