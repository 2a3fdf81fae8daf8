-- Drafts of rules change in their author's hands only; versions follow one another; the calendar is only added to.

CREATE FUNCTION programme_draft_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'DELETE refused: a draft of rules is discarded, never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('published', 'discarded') THEN
        RAISE EXCEPTION 'UPDATE refused: a % draft never changes', OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.drafted_by_id <> OLD.drafted_by_id OR NEW.call_id <> OLD.call_id THEN
        RAISE EXCEPTION 'UPDATE refused: a draft keeps its author and its call' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.values, NEW.effective_date, NEW.reason) IS DISTINCT FROM (OLD.values, OLD.effective_date, OLD.reason) THEN
        RAISE EXCEPTION 'UPDATE refused: what is being reviewed does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER draft_guard BEFORE UPDATE OR DELETE ON programme_ruledraft
    FOR EACH ROW EXECUTE FUNCTION programme_draft_guard();

CREATE FUNCTION programme_rule_set_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_version integer;
    last_effective timestamptz;
BEGIN
    SELECT max(version), max(effective_at) INTO last_version, last_effective
        FROM programme_ruleset WHERE call_id = NEW.call_id;
    IF NEW.version <> coalesce(last_version, 0) + 1 OR NEW.effective_at < last_effective THEN
        RAISE EXCEPTION 'INSERT refused: versions of rules follow one another' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.drafted_by_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM programme_ruledraft d
        WHERE d.call_id = NEW.call_id AND d.state = 'reviewed' AND d.drafted_by_id = NEW.drafted_by_id
            AND d.reviewed_by_id = NEW.reviewed_by_id AND d.values = NEW.values
    ) THEN
        RAISE EXCEPTION 'INSERT refused: only what was reviewed is published' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER rule_set_in_order BEFORE INSERT ON programme_ruleset
    FOR EACH ROW EXECUTE FUNCTION programme_rule_set_in_order();

CREATE FUNCTION programme_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refused: % is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER draft_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_ruledraftstep
    FOR EACH STATEMENT EXECUTE FUNCTION programme_append_only();
CREATE TRIGGER calendar_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_calendarversion
    FOR EACH STATEMENT EXECUTE FUNCTION programme_append_only();
CREATE TRIGGER calendar_day_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_calendarday
    FOR EACH STATEMENT EXECUTE FUNCTION programme_append_only();
