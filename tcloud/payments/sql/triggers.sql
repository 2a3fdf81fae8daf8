-- What a gateway said is never changed or forgotten; attempts keep their number and amount for ever.

CREATE FUNCTION payments_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: gateway facts and attempts are never taken back', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER fact_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payments_gatewayfact
    FOR EACH STATEMENT EXECUTE FUNCTION payments_append_only();
CREATE TRIGGER attempt_never_deleted BEFORE DELETE OR TRUNCATE ON payments_paymentattempt
    FOR EACH STATEMENT EXECUTE FUNCTION payments_append_only();

CREATE FUNCTION payments_attempt_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.trade_no, NEW.order_number, NEW.account_id, NEW.amount_twd, NEW.method, NEW.created_at)
       IS DISTINCT FROM
       (OLD.trade_no, OLD.order_number, OLD.account_id, OLD.amount_twd, OLD.method, OLD.created_at) THEN
        RAISE EXCEPTION 'what attempt % asked for is frozen', OLD.trade_no USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER attempt_frozen BEFORE UPDATE ON payments_paymentattempt
    FOR EACH ROW EXECUTE FUNCTION payments_attempt_frozen();
