-- Transactions before the oldest one under way have all ended: what they wrote is taken in once and for all. So is what
-- this one wrote, if it is that one. And the newest outcome.
SELECT pg_snapshot_xmin(s)::text, pg_current_xact_id_if_assigned() = pg_snapshot_xmin(s),
  (SELECT max(outcome_id) FROM router.prompt_outcomes)
FROM pg_current_snapshot() s
