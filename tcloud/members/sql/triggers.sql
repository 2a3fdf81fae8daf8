-- A consent is what somebody agreed to at that time; it is never edited, only withdrawn by a later record.

CREATE FUNCTION members_consent_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refused: consents are never changed or deleted', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER consent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON members_consent
    FOR EACH STATEMENT EXECUTE FUNCTION members_consent_append_only();
