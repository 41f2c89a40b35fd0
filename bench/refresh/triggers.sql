SELECT * FROM refreshed_cohorts('noted_store', 0);
