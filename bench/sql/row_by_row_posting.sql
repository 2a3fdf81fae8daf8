\set from random(0, :accounts - 1)
\set to (:from + 1) % :accounts
\set key random(1, 9000000000000000000)
BEGIN;
SELECT id, sent FROM ledger_account WHERE code IN (:prefix::text || :from::int, :prefix::text || :to::int) ORDER BY code FOR NO KEY UPDATE;
UPDATE ledger_account SET sent = sent + 1, last_posted_at = greatest(:posted_at::timestamptz, last_posted_at)
    WHERE code = :prefix::text || :from::int RETURNING id AS source, sent \gset
UPDATE ledger_account SET received = received + 1, last_posted_at = greatest(:posted_at::timestamptz, last_posted_at)
    WHERE code = :prefix::text || :to::int RETURNING id AS destination, received \gset
INSERT INTO ledger_entry (key, memo, posted_at, recorded_at)
    VALUES ('pgbench:' || :key::bigint, '', :posted_at::timestamptz, clock_timestamp()) RETURNING id AS entry \gset
INSERT INTO ledger_transfer (entry_id, source_id, destination_id, amount, source_sent, destination_received)
    VALUES (:entry::bigint, :source::bigint, :destination::bigint, 1, :sent::bigint, :received::bigint);
COMMIT;
