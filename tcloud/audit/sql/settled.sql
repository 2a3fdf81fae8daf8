-- Waits until every writer of the log under way has ended, and keeps new ones out until the transaction ends.
-- Such a lock asks for more than the right to add rows, and web and worker have no other; so it is taken with the
-- owner's rights, by a function that can do nothing else.
CREATE FUNCTION audit_lock_out_writers() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    LOCK TABLE audit_auditrow IN SHARE MODE;
END $$;
