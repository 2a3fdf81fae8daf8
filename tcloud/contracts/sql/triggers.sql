-- What was put before people to sign, and what they signed, is never changed or removed.
CREATE FUNCTION contracts_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: contracts are never rewritten', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER contract_document_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contracts_contractdocument
    FOR EACH STATEMENT EXECUTE FUNCTION contracts_append_only();
CREATE TRIGGER contract_never_deleted BEFORE DELETE OR TRUNCATE ON contracts_contract
    FOR EACH STATEMENT EXECUTE FUNCTION contracts_append_only();

-- A contract's facts are frozen from its first day; a signed or discarded one stays so.
CREATE FUNCTION contracts_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.order_number, NEW.company_ubn, NEW.vendor_ubn, NEW.template_version, NEW.facts, NEW.original_sha256)
       IS DISTINCT FROM
       (OLD.order_number, OLD.company_ubn, OLD.vendor_ubn, OLD.template_version, OLD.facts, OLD.original_sha256) THEN
        RAISE EXCEPTION 'the facts of contract % are frozen', OLD.order_number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'drafted' AND NEW.state IN ('drafted', 'discarded') THEN
        RAISE EXCEPTION 'contract % is no draft any more', OLD.order_number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_frozen BEFORE UPDATE ON contracts_contract FOR EACH ROW EXECUTE FUNCTION contracts_frozen();
