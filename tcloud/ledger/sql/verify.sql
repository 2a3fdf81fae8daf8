-- One slice of accounts: each account's totals beside what its transfers add up to.
-- Four sums per side: the amounts; how many; and one fingerprint each of all running totals and of all totals that a
-- transfer says it continues. Without a gap the second is the first with the end taken away and the beginning (0) put in.
WITH incoming AS (
    SELECT destination_id AS id, sum(amount) AS total, max(destination_received) AS newest,
           sum(hashint8(destination_received)) - sum(hashint8(destination_received - amount)) AS print
    FROM ledger_transfer WHERE destination_id > %(after)s AND destination_id <= %(last)s GROUP BY 1
),
outgoing AS (
    SELECT source_id AS id, sum(amount) AS total, max(source_sent) AS newest,
           sum(hashint8(source_sent)) - sum(hashint8(source_sent - amount)) AS print
    FROM ledger_transfer WHERE source_id > %(after)s AND source_id <= %(last)s GROUP BY 1
)
SELECT a.id, a.code, a.received, a.sent, coalesce(i.total, 0), coalesce(o.total, 0)
FROM ledger_account a
LEFT JOIN incoming i ON i.id = a.id
LEFT JOIN outgoing o ON o.id = a.id
WHERE a.id > %(after)s AND a.id <= %(last)s
  AND (a.received <> coalesce(i.total, 0) OR a.sent <> coalesce(o.total, 0)
       OR a.received <> coalesce(i.newest, 0) OR a.sent <> coalesce(o.newest, 0)
       OR i.print <> hashint8(i.newest)::bigint - hashint8(0::bigint)
       OR o.print <> hashint8(o.newest)::bigint - hashint8(0::bigint))
ORDER BY a.id
LIMIT 1
