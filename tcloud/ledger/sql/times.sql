-- An account's time never runs back: every new transfer carries the time that both its accounts now stand at.

CREATE FUNCTION ledger_time_runs_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM (SELECT id, last_posted_at AS after, NULL::timestamptz AS before FROM after_rows
                              UNION ALL SELECT id, NULL, last_posted_at FROM before_rows) AS both_rows
               GROUP BY id HAVING max(before) IS NOT NULL AND (max(after) IS NULL OR max(after) < max(before))) THEN
        RAISE EXCEPTION 'the time of an account never runs back' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER account_time_runs_forward AFTER UPDATE ON ledger_account
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_time_runs_forward();

CREATE FUNCTION ledger_transfer_in_time() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
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

CREATE TRIGGER transfer_in_time AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfer_in_time();

-- What an account had received or sent up to and including an instant: the running total of the newest transfer not
-- after it. Totals and times grow together, so halving finds it: about forty looks however long the history.
CREATE FUNCTION ledger_received_at(account bigint, instant timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE low bigint := 0; high bigint; total bigint; at timestamptz;
BEGIN
    SELECT received, last_posted_at INTO high, at FROM ledger_account WHERE id = account;
    IF at IS NULL THEN RETURN 0; END IF;
    IF at <= instant THEN RETURN high; END IF;
    WHILE low < high LOOP
        SELECT t.destination_received, e.posted_at INTO total, at
        FROM ledger_transfer t JOIN ledger_entry e ON e.id = t.entry_id
        WHERE t.destination_id = account AND t.destination_received > low + (high - low) / 2
        ORDER BY t.destination_received LIMIT 1;
        IF at <= instant THEN low := total; ELSE high := low + (high - low) / 2; END IF;
    END LOOP;
    RETURN low;
END $$;

CREATE FUNCTION ledger_sent_at(account bigint, instant timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE low bigint := 0; high bigint; total bigint; at timestamptz;
BEGIN
    SELECT sent, last_posted_at INTO high, at FROM ledger_account WHERE id = account;
    IF at IS NULL THEN RETURN 0; END IF;
    IF at <= instant THEN RETURN high; END IF;
    WHILE low < high LOOP
        SELECT t.source_sent, e.posted_at INTO total, at
        FROM ledger_transfer t JOIN ledger_entry e ON e.id = t.entry_id
        WHERE t.source_id = account AND t.source_sent > low + (high - low) / 2
        ORDER BY t.source_sent LIMIT 1;
        IF at <= instant THEN low := total; ELSE high := low + (high - low) / 2; END IF;
    END LOOP;
    RETURN low;
END $$;
