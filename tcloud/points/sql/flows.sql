-- What moved in each call, by day (Taipei) and kind, over the entries with after < id <= up_to.
-- Only a capture names its call in neither account: the order's first held points came from a wallet of it.
SELECT c.id AS call_id, f.day, f.kind, sum(f.amount)::bigint AS points, count(DISTINCT f.entry_id) AS entries
FROM (
    SELECT t.entry_id, t.amount, (e.posted_at AT TIME ZONE 'Asia/Taipei')::date AS day,
           CASE
               WHEN s.code LIKE 'points/call/%%/appropriation' THEN 'appropriated'
               WHEN d.code LIKE 'points/call/%%/appropriation' THEN 'lowered'
               WHEN s.code LIKE 'points/call/%%/budget/%%' AND d.code LIKE 'points/call/%%/wallet/%%' THEN
                   CASE WHEN e.key LIKE 'adjustment:%%' THEN 'credited'
                        WHEN e.key LIKE '%%:restore:%%' THEN 'restored'
                        WHEN e.memo = 'waiting' THEN 'regranted'
                        ELSE 'granted' END
               WHEN s.code LIKE 'points/call/%%/wallet/%%' AND d.code LIKE 'points/call/%%/budget/%%' THEN
                   CASE WHEN e.key LIKE 'adjustment:%%' THEN 'debited' ELSE 'reclaimed' END
               WHEN s.code LIKE 'points/call/%%/wallet/%%' AND d.code LIKE 'points/order/%%' THEN 'held'
               WHEN s.code LIKE 'points/order/%%' AND d.code LIKE 'points/call/%%/wallet/%%' THEN 'released'
               WHEN s.code LIKE 'points/order/%%' AND d.code LIKE 'points/call/%%/budget/%%' THEN 'released_over'
               WHEN s.code LIKE 'points/order/%%' AND d.code LIKE 'points/vendor/%%' THEN 'captured'
               WHEN s.code LIKE 'points/vendor/%%' AND d.code LIKE 'points/call/%%/wallet/%%' THEN 'refunded'
               WHEN s.code LIKE 'points/vendor/%%' AND d.code LIKE 'points/call/%%/budget/%%' THEN 'refunded_over'
           END AS kind,
           CASE
               WHEN s.code LIKE 'points/call/%%' THEN split_part(s.code, '/', 3)
               WHEN d.code LIKE 'points/call/%%' THEN split_part(d.code, '/', 3)
               ELSE (SELECT split_part(w.code, '/', 3)
                     FROM ledger_transfer h JOIN ledger_account w ON w.id = h.source_id
                     WHERE h.destination_id = t.source_id ORDER BY h.destination_received LIMIT 1)
           END AS call_code
    FROM ledger_entry e
    JOIN ledger_transfer t ON t.entry_id = e.id
    JOIN ledger_account s ON s.id = t.source_id
    JOIN ledger_account d ON d.id = t.destination_id
    WHERE e.id > %(after)s AND e.id <= %(up_to)s AND s.asset = 'points'
) f
JOIN programme_call c ON c.code = f.call_code
WHERE f.kind IS NOT NULL
GROUP BY c.id, f.day, f.kind
