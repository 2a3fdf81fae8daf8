-- A published rule set is never edited: decisions and deadlines name the version they used.

CREATE FUNCTION programme_rule_set_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refused: a published rule set is never changed, publish a new version', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER rule_set_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_ruleset
    FOR EACH STATEMENT EXECUTE FUNCTION programme_rule_set_frozen();
