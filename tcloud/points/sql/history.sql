-- Everything that happened to a wallet's points, in order: what moved in the wallet itself, and what became of the
-- points it gave to orders (paid to the vendor, or gone to the budget), which leaves its balance as it was.
-- One line an entry: points granted from several slots of the budget are one grant.
-- A refund to the budget goes from a vendor's account, so it is found by its key; ~>=~ reads the pattern index of keys.
WITH wallet AS MATERIALIZED (
    SELECT id FROM ledger_account WHERE code = %(wallet)s
), orders AS MATERIALIZED (
    SELECT DISTINCT a.id, split_part(a.code, '/', 3) AS number
    FROM wallet JOIN ledger_transfer t ON t.source_id = wallet.id JOIN ledger_account a ON a.id = t.destination_id
    WHERE a.code LIKE 'points/order/%%'
), lines AS (
    SELECT t.id, t.entry_id, t.amount AS points, t.amount AS change
    FROM wallet JOIN ledger_transfer t ON t.destination_id = wallet.id
    UNION ALL
    SELECT t.id, t.entry_id, t.amount, -t.amount
    FROM wallet JOIN ledger_transfer t ON t.source_id = wallet.id
    UNION ALL
    SELECT t.id, t.entry_id, t.amount, 0
    FROM orders JOIN ledger_transfer t ON t.source_id = orders.id
    WHERE t.destination_id NOT IN (SELECT id FROM wallet)
    UNION ALL
    SELECT t.id, t.entry_id, t.amount, 0
    FROM orders
    JOIN ledger_entry e ON e.key ~>=~ ('order:' || orders.number || ':refund:') AND e.key ~<~ ('order:' || orders.number || ':refund;')
    JOIN ledger_transfer t ON t.entry_id = e.id
    WHERE t.destination_id NOT IN (SELECT id FROM wallet)
), entries AS (
    SELECT min(id) AS id, entry_id, sum(points) AS points, sum(change) AS change FROM lines GROUP BY entry_id
), told AS (
    SELECT lines.id, e.key, e.memo, e.posted_at, lines.points, lines.change,
           sum(lines.change) OVER (ORDER BY lines.id) AS balance,
           count(*) FILTER (WHERE e.posted_at >= %(since)s AND e.posted_at < %(until)s) OVER () AS total
    FROM entries AS lines JOIN ledger_entry e ON e.id = lines.entry_id
)
SELECT key, memo, posted_at, points, change, balance, total
FROM told
WHERE posted_at >= %(since)s AND posted_at < %(until)s
ORDER BY id DESC
LIMIT %(count)s OFFSET %(first)s
