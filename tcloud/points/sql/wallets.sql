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
