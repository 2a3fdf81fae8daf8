-- The first account whose stored totals differ from the sums of its transfers.
SELECT a.code,
       format('received %s, journal %s; sent %s, journal %s', a.received, coalesce(i.total, 0), a.sent, coalesce(o.total, 0))
FROM ledger_account a
LEFT JOIN (SELECT destination_id, sum(amount) AS total FROM ledger_transfer GROUP BY 1) i ON i.destination_id = a.id
LEFT JOIN (SELECT source_id, sum(amount) AS total FROM ledger_transfer GROUP BY 1) o ON o.source_id = a.id
WHERE a.received <> coalesce(i.total, 0) OR a.sent <> coalesce(o.total, 0)
ORDER BY a.code
LIMIT 1;
