LOAD 'nrr';
TRUNCATE store, noted_store;
INSERT INTO store TABLE store_before;
INSERT INTO noted_store TABLE noted_before;
