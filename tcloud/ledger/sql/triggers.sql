-- What the database refuses, whoever asks. Triggers only refuse; they never compute.
--
-- The triggers judge one posting and ten thousand with the same plan: PL/pgSQL keeps a session's first plan, which is
-- made when the statement, or the journal, is small. So no plan may read a whole table, and none may compare every
-- changed row with every other; each account is looked up by its number in a scalar query.

CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: posted rows are never changed or deleted', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER transfer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER account_never_deleted BEFORE DELETE OR TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

-- An account starts empty.
CREATE FUNCTION ledger_account_starts_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM opened WHERE received <> 0 OR sent <> 0) THEN
        RAISE EXCEPTION 'an account starts empty' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER account_starts_empty AFTER INSERT ON ledger_account
    REFERENCING NEW TABLE AS opened FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_starts_empty();

-- A total is what the account's last transfer says it is; name, asset and limit stay as they were opened.
CREATE FUNCTION ledger_account_totals() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
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

CREATE TRIGGER account_totals AFTER UPDATE ON ledger_account
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_totals();

-- A transfer continues the running total of both its accounts without a gap, and what is posted together ends where the
-- accounts now stand: nothing can be slipped into the middle of a history.
CREATE FUNCTION ledger_transfer_continues() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
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

CREATE TRIGGER transfer_continues AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfer_continues();
