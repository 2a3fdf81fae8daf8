-- A wallet exchanges points with its own call's budget and with its own company's orders, with nobody else:
-- no second way to points, no transfer between companies (PRODUCT.md §2, §5). Once per statement, so that a mass
-- operation pays one pass over its rows. An order is its company's because its held points came from that wallet.

CREATE OR REPLACE FUNCTION points_wallet_partners() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE wrong text;
BEGIN
    -- Nearly every statement moves nothing of a wallet but to or from its call's budget: one look says so.
    IF NOT EXISTS (
        SELECT 1 FROM posted t
        JOIN ledger_account s ON s.id = t.source_id
        JOIN ledger_account d ON d.id = t.destination_id
        WHERE (s.code LIKE 'points/call/%/wallet/%' OR d.code LIKE 'points/call/%/wallet/%')
          AND NOT ((s.code LIKE 'points/call/%/budget/%' OR d.code LIKE 'points/call/%/budget/%')
                   AND split_part(s.code, '/', 3) = split_part(d.code, '/', 3))
    ) THEN
        RETURN NULL;
    END IF;
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

DROP TRIGGER IF EXISTS wallet_partners ON ledger_transfer;
CREATE TRIGGER wallet_partners AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION points_wallet_partners();
