-- Accounts; the semicolon in the text ends no statement.
CREATE TABLE accounts (id int NOT NULL PRIMARY KEY, owner varchar(40) NOT NULL, amount int NOT NULL);
INSERT INTO accounts VALUES (1, 'Ada; and Grace', 100);
INSERT INTO accounts VALUES (2, 'Bob', 50);
CREATE TABLE savings (id int NOT NULL PRIMARY KEY, amount int NOT NULL);
INSERT INTO savings VALUES (1, 100), (2, 50);
