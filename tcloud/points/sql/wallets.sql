-- A wallet exchanges points with its own call's budget and with its own company's orders, with nobody else:
-- no second way to points, no transfer between companies (PRODUCT.md §2, §5). Once per statement, so that a mass
-- operation pays one pass over its rows. An order is its company's because its held points came from that wallet.

CREATE FUNCTION points_wallet_partners() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong text;
BEGIN
    SELECT format('%s -> %s', m.source, m.destination) INTO wrong
    FROM (
        SELECT t.source_id, t.destination_id, s.code AS source, d.code AS destination, t.entry_id,
               s.code LIKE 'points/call/%/wallet/%' AS gives, d.code LIKE 'points/call/%/wallet/%' AS takes
        FROM posted t
        JOIN ledger_account s ON s.id = t.source_id
        JOIN ledger_account d ON d.id = t.destination_id
        WHERE s.code LIKE 'points/call/%/wallet/%' OR d.code LIKE 'points/call/%/wallet/%'
    ) m
    WHERE NOT CASE
        WHEN m.gives AND m.takes THEN false
        WHEN m.gives AND m.destination LIKE 'points/call/%/budget/%' OR m.takes AND m.source LIKE 'points/call/%/budget/%'
            THEN split_part(m.source, '/', 3) = split_part(m.destination, '/', 3)
        WHEN m.gives AND m.destination LIKE 'points/order/%/hold'
            THEN NOT EXISTS (SELECT 1 FROM ledger_transfer h
                             WHERE h.destination_id = m.destination_id AND h.source_id <> m.source_id)
        WHEN m.takes AND m.source LIKE 'points/order/%/hold'
            THEN EXISTS (SELECT 1 FROM ledger_transfer h
                         WHERE h.destination_id = m.source_id AND h.source_id = m.destination_id)
        WHEN m.takes AND m.source LIKE 'points/vendor/%'
            THEN EXISTS (SELECT 1 FROM ledger_entry e
                         JOIN ledger_account o ON o.code = 'points/order/' || split_part(e.key, ':', 2) || '/hold'
                         JOIN ledger_transfer h ON h.destination_id = o.id
                         WHERE e.id = m.entry_id
                           AND h.source_id = m.destination_id)
        ELSE false
    END
    LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION '% refused: a wallet exchanges points with its own call''s budget and its own orders only', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'points_wallet_partners';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER wallet_partners AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION points_wallet_partners();

-- A grant's company, call and size are for ever, and no grant is deleted: so nobody gets a second one.
CREATE FUNCTION points_grant_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of a grant refused: its company, call and points are for ever', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER grant_for_ever BEFORE DELETE OR TRUNCATE ON points_grant
    FOR EACH STATEMENT EXECUTE FUNCTION points_grant_for_ever();
CREATE TRIGGER grant_keeps_its_company BEFORE UPDATE OF ubn, call_id, points, rule_set_id, granted_at ON points_grant
    FOR EACH ROW
    WHEN ((OLD.ubn, OLD.call_id, OLD.points, OLD.rule_set_id, OLD.granted_at)
          IS DISTINCT FROM (NEW.ubn, NEW.call_id, NEW.points, NEW.rule_set_id, NEW.granted_at))
    EXECUTE FUNCTION points_grant_for_ever();

-- What was decided stays as it was proposed, and a decision is made once.
CREATE FUNCTION points_adjustment_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of an adjustment refused: it stands as proposed, is decided once and never deleted', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER adjustment_never_deleted BEFORE DELETE OR TRUNCATE ON points_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION points_adjustment_stands();
CREATE TRIGGER adjustment_stands BEFORE UPDATE ON points_adjustment
    FOR EACH ROW
    WHEN (OLD.agreed IS NOT NULL OR (OLD.call_id, OLD.grant_id, OLD.points, OLD.reason, OLD.proposed_by_id)
          IS DISTINCT FROM (NEW.call_id, NEW.grant_id, NEW.points, NEW.reason, NEW.proposed_by_id))
    EXECUTE FUNCTION points_adjustment_stands();
