SELECT o_assignment_id FROM sp_get_routing_recommendation('coding');
SELECT router_recommend('Write a function that sorts a list', 'balanced') IS NOT NULL;
SELECT router_record_outcome('soak-model-1', 'coding', 'sort a list', true, 0.9, 120, 0.001);
