-- Changing who serves what, and feeding what was learned, is granted by router_grant.
REVOKE ALL ON FUNCTION router.audit_change(), router.touch_assignment(), router.touch_row(), router.start_assignment(),
  router.check_assignment(router.agent_model_assignments), router.rank_assignments(uuid[]), router.rank_inserted(), router.rank_changed(),
  router.rank_dependents(), router.rank_task_type(), router.refuse_delete_in_use(), router.check_levels(), router.warn_of_task_types(jsonb),
  router.keep_references_away() FROM PUBLIC;
REVOKE ALL ON FUNCTION router.apply_assignments(jsonb, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION router.make_week(date), router.detach_week(text), router.maintain_decisions(integer, boolean, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION router.spent_in_month(text, integer), router.note_budget(text, integer), router.budget_changed() FROM PUBLIC;
