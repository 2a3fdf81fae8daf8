-- Signatures come in their turn: the company's, then the vendor's; what is signed never goes back.
CREATE OR REPLACE FUNCTION contracts_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.order_number, NEW.company_ubn, NEW.vendor_ubn, NEW.template_version, NEW.facts, NEW.original_sha256)
       IS DISTINCT FROM
       (OLD.order_number, OLD.company_ubn, OLD.vendor_ubn, OLD.template_version, OLD.facts, OLD.original_sha256) THEN
        RAISE EXCEPTION 'the facts of contract % are frozen', OLD.order_number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.company_signed_at IS NOT NULL AND NEW.company_signed_at IS DISTINCT FROM OLD.company_signed_at)
       OR (OLD.vendor_signed_at IS NOT NULL AND NEW.vendor_signed_at IS DISTINCT FROM OLD.vendor_signed_at) THEN
        RAISE EXCEPTION 'contract % keeps the times it was signed at', OLD.order_number
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('drafted', 'signed_by_company'), ('drafted', 'discarded'), ('signed_by_company', 'signed_by_both')
    ) THEN
        RAISE EXCEPTION 'contract % cannot go from % to %', OLD.order_number, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
