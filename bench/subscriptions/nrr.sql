SELECT m.*
FROM (SELECT subscription_ledger(customer_id, during, mrr) AS l FROM subscription) AS s, LATERAL revenue_movements(l) AS m;
