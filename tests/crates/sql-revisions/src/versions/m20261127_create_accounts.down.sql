DROP TABLE accounts;
DROP TABLE savings;
