-- Every backend forgets its copy of the semantic model when one of these tables changes, at commit;
-- the changing transaction forgets its own at once.
CREATE TRIGGER semantic_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.datasets
  FOR EACH STATEMENT EXECUTE FUNCTION router_semantic_changed();
CREATE TRIGGER semantic_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.dataset_columns
  FOR EACH STATEMENT EXECUTE FUNCTION router_semantic_changed();
CREATE TRIGGER semantic_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.relationships
  FOR EACH STATEMENT EXECUTE FUNCTION router_semantic_changed();
CREATE TRIGGER semantic_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.synonyms
  FOR EACH STATEMENT EXECUTE FUNCTION router_semantic_changed();
CREATE TRIGGER semantic_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.column_values
  FOR EACH STATEMENT EXECUTE FUNCTION router_semantic_changed();
