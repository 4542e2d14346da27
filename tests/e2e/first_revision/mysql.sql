-- A catalogue with the kinds of objects that MySQL and MariaDB share.
CREATE TABLE users (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name varchar(100) NOT NULL COMMENT 'it''s a name',
    hidden int DEFAULT 3 INVISIBLE,
    age int,
    changed timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    CONSTRAINT users_age CHECK (age > 0)
) COMMENT = 'people';
CREATE INDEX users_name ON users (name) COMMENT 'by name';
CREATE TABLE old_texts (id int NOT NULL PRIMARY KEY, text varchar(50), other varchar(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
    DEFAULT CHARACTER SET latin1 COLLATE latin1_german1_ci;
CREATE TABLE counters (id int NOT NULL PRIMARY KEY, value int) ENGINE = MyISAM;
CREATE TABLE packed (id int NOT NULL PRIMARY KEY, value text) ROW_FORMAT = COMPRESSED;
CREATE TABLE measurements (id int NOT NULL, at date NOT NULL, value double, PRIMARY KEY (id, at))
    PARTITION BY RANGE (year(at)) (PARTITION p0 VALUES LESS THAN (2025), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE hashed (id int NOT NULL PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4;
CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id bigint unsigned, total decimal(10,2),
    CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE VIEW adults AS SELECT id, name FROM users WHERE age > 18;
CREATE VIEW names AS SELECT name FROM adults;
CREATE FUNCTION twice(value int) RETURNS int DETERMINISTIC RETURN value * 2;
CREATE PROCEDURE clean(IN days int) DELETE FROM orders WHERE id < days;
CREATE TRIGGER orders_insert BEFORE INSERT ON orders FOR EACH ROW SET NEW.total = COALESCE(NEW.total, twice(2));
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO DELETE FROM orders WHERE total < 0;
CREATE TABLE log_2025 (at date, text varchar(99)) ENGINE=MyISAM;
CREATE TABLE log_2026 (at date, text varchar(99)) ENGINE=MyISAM;
CREATE TABLE logs (at date, text varchar(99)) ENGINE=MERGE UNION=(log_2025, log_2026) INSERT_METHOD=LAST;
CREATE TABLE doubled (v int);
CREATE TRIGGER zz_first BEFORE INSERT ON doubled FOR EACH ROW SET NEW.v = NEW.v + 1;
CREATE TRIGGER aa_second BEFORE INSERT ON doubled FOR EACH ROW SET NEW.v = NEW.v * 2;
