-- A transfer continues the running total of both its accounts without a gap, and what is posted together ends where the
-- accounts now stand: nothing can be slipped into the middle of a history.
CREATE OR REPLACE FUNCTION ledger_transfer_continues() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong bigint;
BEGIN
    SELECT t.id INTO wrong FROM posted t
    JOIN ledger_account s ON s.id = t.source_id
    JOIN ledger_account d ON d.id = t.destination_id
    WHERE s.asset <> d.asset
       OR t.source_sent - t.amount <> coalesce((SELECT p.source_sent FROM ledger_transfer p
              WHERE p.source_id = t.source_id AND p.source_sent < t.source_sent
              ORDER BY p.source_sent DESC LIMIT 1), 0)
       OR t.destination_received - t.amount <> coalesce((SELECT p.destination_received FROM ledger_transfer p
              WHERE p.destination_id = t.destination_id AND p.destination_received < t.destination_received
              ORDER BY p.destination_received DESC LIMIT 1), 0)
    LIMIT 1;
    IF wrong IS NULL THEN
        SELECT min(t.id) INTO wrong FROM posted t JOIN ledger_account s ON s.id = t.source_id
        GROUP BY s.id, s.sent HAVING sum(t.amount) <> s.sent - min(t.source_sent - t.amount) LIMIT 1;
    END IF;
    IF wrong IS NULL THEN
        SELECT min(t.id) INTO wrong FROM posted t JOIN ledger_account d ON d.id = t.destination_id
        GROUP BY d.id, d.received HAVING sum(t.amount) <> d.received - min(t.destination_received - t.amount) LIMIT 1;
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % does not continue its accounts'' totals', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
