SET parallel_leader_participation = on;
