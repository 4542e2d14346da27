-- What only MariaDB has.
CREATE TABLE prices (id int NOT NULL PRIMARY KEY, amount int) WITH SYSTEM VERSIONING;
CREATE TABLE periods (id int NOT NULL PRIMARY KEY, amount int, valid_from date NOT NULL, valid_to date NOT NULL,
    started timestamp(6) GENERATED ALWAYS AS ROW START, ended timestamp(6) GENERATED ALWAYS AS ROW END,
    PERIOD FOR validity (valid_from, valid_to), PERIOD FOR SYSTEM_TIME (started, ended)) WITH SYSTEM VERSIONING;
CREATE INDEX prices_amount ON prices (amount) IGNORED;
CREATE TABLE checked (id int NOT NULL PRIMARY KEY, age int CHECK (age > 3));
CREATE TABLE stays (room int, arrives date, leaves date, guests int DEFAULT 1,
    PERIOD FOR stay (arrives, leaves), UNIQUE (room, stay WITHOUT OVERLAPS));
CREATE TABLE plain_stays (arrives date, leaves date, CONSTRAINT in_order CHECK (arrives < leaves));
