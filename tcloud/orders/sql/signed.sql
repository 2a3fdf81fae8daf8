-- An order is sent only with the company's signature on its own contract, and taken only with the vendor's too.
-- Deferred: state and signature are written in one transaction, in either order.
CREATE FUNCTION orders_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM contracts_contract c
        WHERE c.order_number = NEW.number AND c.state <> 'discarded' AND c.company_signed_at IS NOT NULL
          AND (NEW.state = 'awaiting_vendor' OR c.vendor_signed_at IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'order % cannot be %: its contract is not signed', NEW.number, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER order_signed AFTER UPDATE OF state ON orders_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NEW.state IN ('awaiting_vendor', 'awaiting_payment'))
    EXECUTE FUNCTION orders_signed();
CREATE CONSTRAINT TRIGGER order_begins_unsigned AFTER INSERT ON orders_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state NOT IN ('draft', 'awaiting_signature'))
    EXECUTE FUNCTION orders_signed();
