-- Evidence of card signatures is never changed or removed.
CREATE FUNCTION identity_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: evidence is never rewritten', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER card_signature_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON identity_cardsignature
    FOR EACH STATEMENT EXECUTE FUNCTION identity_append_only();
CREATE TRIGGER trust_object_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON identity_trustobject
    FOR EACH STATEMENT EXECUTE FUNCTION identity_append_only();

-- A challenge is spent once and stays what it was.
CREATE FUNCTION identity_challenge_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.consumed_at IS NOT NULL
       OR (NEW.nonce, NEW.purpose, NEW.subject, NEW.session_hash, NEW.content, NEW.issued_at, NEW.expires_at)
          IS DISTINCT FROM
          (OLD.nonce, OLD.purpose, OLD.subject, OLD.session_hash, OLD.content, OLD.issued_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'a challenge is spent once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER challenge_once BEFORE UPDATE ON identity_challenge FOR EACH ROW EXECUTE FUNCTION identity_challenge_once();
