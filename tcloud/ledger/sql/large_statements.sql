-- The triggers judge one posting and ten thousand with the same plan: PL/pgSQL keeps a session's first plan, which is
-- made when the statement, or the journal, is small. So no plan may read a whole table, and none may compare every
-- changed row with every other.

CREATE OR REPLACE FUNCTION ledger_account_totals() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE wrong text;
BEGIN
    SELECT n.code INTO wrong FROM after_rows n
    WHERE n.sent <> coalesce((SELECT t.source_sent FROM ledger_transfer t
                              WHERE t.source_id = n.id ORDER BY t.source_sent DESC LIMIT 1), 0)
       OR n.received <> coalesce((SELECT t.destination_received FROM ledger_transfer t
                                  WHERE t.destination_id = n.id ORDER BY t.destination_received DESC LIMIT 1), 0)
    LIMIT 1;
    IF wrong IS NULL THEN
        SELECT code INTO wrong FROM (SELECT id, code, asset, may_go_negative FROM after_rows
                                     EXCEPT SELECT id, code, asset, may_go_negative FROM before_rows) AS renamed
        LIMIT 1;
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'totals of % differ from its transfers', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_time_runs_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM (SELECT id, last_posted_at AS after, NULL::timestamptz AS before FROM after_rows
                              UNION ALL SELECT id, NULL, last_posted_at FROM before_rows) AS both_rows
               GROUP BY id HAVING max(before) IS NOT NULL AND (max(after) IS NULL OR max(after) < max(before))) THEN
        RAISE EXCEPTION 'the time of an account never runs back' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- Each account is looked up by its number in a scalar query; a join would be planned once, for an almost empty table.
CREATE OR REPLACE FUNCTION ledger_transfer_continues() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE wrong bigint;
BEGIN
    SELECT t.id INTO wrong FROM posted t
    WHERE (SELECT asset FROM ledger_account WHERE id = t.source_id)
       <> (SELECT asset FROM ledger_account WHERE id = t.destination_id)
       OR t.source_sent - t.amount <> coalesce((SELECT p.source_sent FROM ledger_transfer p
              WHERE p.source_id = t.source_id AND p.source_sent < t.source_sent
              ORDER BY p.source_sent DESC LIMIT 1), 0)
       OR t.destination_received - t.amount <> coalesce((SELECT p.destination_received FROM ledger_transfer p
              WHERE p.destination_id = t.destination_id AND p.destination_received < t.destination_received
              ORDER BY p.destination_received DESC LIMIT 1), 0)
    LIMIT 1;
    IF wrong IS NULL THEN
        SELECT one INTO wrong FROM (SELECT source_id, min(id) AS one, sum(amount) + min(source_sent - amount) AS ends
                                    FROM posted GROUP BY source_id) AS sides
        WHERE ends <> (SELECT sent FROM ledger_account WHERE id = source_id) LIMIT 1;
    END IF;
    IF wrong IS NULL THEN
        SELECT one INTO wrong FROM (SELECT destination_id, min(id) AS one,
                                           sum(amount) + min(destination_received - amount) AS ends
                                    FROM posted GROUP BY destination_id) AS sides
        WHERE ends <> (SELECT received FROM ledger_account WHERE id = destination_id) LIMIT 1;
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % does not continue its accounts'' totals', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_transfer_in_time() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE wrong bigint;
BEGIN
    SELECT t.id INTO wrong FROM (
        SELECT id, (SELECT posted_at FROM ledger_entry WHERE id = p.entry_id) AS at,
               (SELECT last_posted_at FROM ledger_account WHERE id = p.source_id) AS source_at,
               (SELECT last_posted_at FROM ledger_account WHERE id = p.destination_id) AS destination_at
        FROM posted p OFFSET 0
    ) t
    WHERE t.source_at IS DISTINCT FROM t.at OR t.destination_at IS DISTINCT FROM t.at
    LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % has another time than its accounts', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
