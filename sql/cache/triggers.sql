-- Answers hang on more than the semantic model: on the questions, templates and functions below. A change of one makes
-- every cached answer of the database out of date, at commit. How often a question was used changes no answer.
CREATE TRIGGER knowledge_changed
  AFTER INSERT OR DELETE OR TRUNCATE
     OR UPDATE OF original_query, normalized_query, embedding, encoder, quickspec, intent_category, success_score, source, created_by
  ON router.query_embeddings
  FOR EACH STATEMENT EXECUTE FUNCTION router_knowledge_changed();
CREATE TRIGGER knowledge_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.templates
  FOR EACH STATEMENT EXECUTE FUNCTION router_knowledge_changed();
CREATE TRIGGER knowledge_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.handlers
  FOR EACH STATEMENT EXECUTE FUNCTION router_knowledge_changed();
CREATE TRIGGER knowledge_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.intent_models
  FOR EACH STATEMENT EXECUTE FUNCTION router_knowledge_changed();
CREATE TRIGGER knowledge_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.allowed_functions
  FOR EACH STATEMENT EXECUTE FUNCTION router_knowledge_changed();
