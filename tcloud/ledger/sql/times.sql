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
