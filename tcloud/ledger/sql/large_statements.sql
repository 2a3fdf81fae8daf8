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

ALTER FUNCTION ledger_transfer_continues() SET enable_seqscan = off;
ALTER FUNCTION ledger_transfer_in_time() SET enable_seqscan = off;
