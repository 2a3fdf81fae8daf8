-- How the database judges what was posted, whoever posted it. One statement trigger a table: the work of a trigger is
-- mostly its start, so all that is asked of a row is asked in one query.
--
-- The triggers judge one posting and ten thousand with the same plan: PL/pgSQL keeps a session's first plan, which is
-- made when the statement, or the journal, is small. So no plan may read a whole table, and none may compare every
-- changed row with every other; each account is looked up by its number.

-- A database that was made before these stood here has them under the same or other names.
DROP TRIGGER IF EXISTS account_time_runs_forward ON ledger_account;
DROP TRIGGER IF EXISTS account_totals ON ledger_account;
DROP TRIGGER IF EXISTS transfer_in_time ON ledger_transfer;
DROP TRIGGER IF EXISTS transfer_continues ON ledger_transfer;
DROP FUNCTION IF EXISTS ledger_time_runs_forward();
DROP FUNCTION IF EXISTS ledger_transfer_in_time();
DROP FUNCTION IF EXISTS ledger_account_totals();
DROP FUNCTION IF EXISTS ledger_transfer_continues();

-- Name, asset and limit of an account stay as they were opened, and its time never runs back: a condition that the
-- server judges itself, row by row, without calling anything.
CREATE FUNCTION ledger_account_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'account %: name, asset and limit are for ever, and its time never runs back', OLD.code
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER account_stands BEFORE UPDATE ON ledger_account FOR EACH ROW
    WHEN ((OLD.id, OLD.code, OLD.asset, OLD.may_go_negative) IS DISTINCT FROM (NEW.id, NEW.code, NEW.asset, NEW.may_go_negative)
          OR (OLD.last_posted_at IS NOT NULL AND (NEW.last_posted_at IS NULL OR NEW.last_posted_at < OLD.last_posted_at)))
    EXECUTE FUNCTION ledger_account_stands();

-- A total is what the account's last transfer says it is.
CREATE FUNCTION ledger_account_totals() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE wrong text;
BEGIN
    SELECT n.code INTO wrong FROM after_rows n
    WHERE n.sent <> coalesce((SELECT t.source_sent FROM ledger_transfer t
                              WHERE t.source_id = n.id ORDER BY t.source_sent DESC LIMIT 1), 0)
       OR n.received <> coalesce((SELECT t.destination_received FROM ledger_transfer t
                                  WHERE t.destination_id = n.id ORDER BY t.destination_received DESC LIMIT 1), 0)
    LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'totals of % differ from its transfers', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER account_totals AFTER UPDATE ON ledger_account
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_totals();

-- A transfer stays within an asset, carries the time that its entry and both its accounts now stand at, and continues
-- both running totals without a gap: what comes before it ends where it begins, and what comes after it begins where it
-- ends; the last one ends where the account stands. So nothing can be slipped into the middle of a history.
CREATE FUNCTION ledger_transfer_continues() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE wrong bigint;
BEGIN
    SELECT t.id INTO wrong FROM posted t
    LEFT JOIN ledger_account s ON s.id = t.source_id
    LEFT JOIN ledger_account d ON d.id = t.destination_id
    LEFT JOIN ledger_entry e ON e.id = t.entry_id
    WHERE s.asset IS DISTINCT FROM d.asset
       OR s.last_posted_at IS DISTINCT FROM e.posted_at OR d.last_posted_at IS DISTINCT FROM e.posted_at
       OR t.source_sent - t.amount <> coalesce((SELECT p.source_sent FROM ledger_transfer p
              WHERE p.source_id = t.source_id AND p.source_sent < t.source_sent
              ORDER BY p.source_sent DESC LIMIT 1), 0)
       OR t.destination_received - t.amount <> coalesce((SELECT p.destination_received FROM ledger_transfer p
              WHERE p.destination_id = t.destination_id AND p.destination_received < t.destination_received
              ORDER BY p.destination_received DESC LIMIT 1), 0)
       OR t.source_sent <> coalesce((SELECT n.source_sent - n.amount FROM ledger_transfer n
              WHERE n.source_id = t.source_id AND n.source_sent > t.source_sent
              ORDER BY n.source_sent LIMIT 1), s.sent)
       OR t.destination_received <> coalesce((SELECT n.destination_received - n.amount FROM ledger_transfer n
              WHERE n.destination_id = t.destination_id AND n.destination_received > t.destination_received
              ORDER BY n.destination_received LIMIT 1), d.received)
    LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % does not continue its accounts'' totals and times', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transfer_continues AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfer_continues();
