SELECT * FROM refreshed_cohorts('store', 1);
