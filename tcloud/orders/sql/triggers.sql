-- Order numbers come from here: gaps are harmless, repeats impossible.
CREATE SEQUENCE orders_number START 260000001;

-- History is never rewritten.
CREATE FUNCTION orders_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: history is never rewritten', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER order_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON orders_orderevent
    FOR EACH STATEMENT EXECUTE FUNCTION orders_append_only();
CREATE TRIGGER order_never_deleted BEFORE DELETE OR TRUNCATE ON orders_order
    FOR EACH STATEMENT EXECUTE FUNCTION orders_append_only();

-- Who bought what from whom stays; amounts are frozen from the signature on; an ended order stays ended.
CREATE FUNCTION orders_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.call_id, NEW.rule_set_id, NEW.company_id, NEW.company_ubn, NEW.vendor_id, NEW.vendor_ubn)
       IS DISTINCT FROM
       (OLD.number, OLD.call_id, OLD.rule_set_id, OLD.company_id, OLD.company_ubn, OLD.vendor_id, OLD.vendor_ubn) THEN
        RAISE EXCEPTION 'the parties of order % are frozen', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.price_twd, NEW.points_used, NEW.self_pay_twd)
       IS DISTINCT FROM (OLD.price_twd, OLD.points_used, OLD.self_pay_twd) THEN
        RAISE EXCEPTION 'the amounts of order % are frozen', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('finished', 'withdrawn', 'refused', 'lapsed') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'order % has ended', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER order_frozen BEFORE UPDATE ON orders_order FOR EACH ROW EXECUTE FUNCTION orders_frozen();
