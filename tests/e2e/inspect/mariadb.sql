CREATE TABLE `Se``lect."it"` (
    `order` int, `group by` int DEFAULT 3, email varchar(40) NOT NULL,
    PRIMARY KEY (`group by`, `order`),
    UNIQUE KEY once (email, `order`),
    CONSTRAINT `name's one` CHECK (`order` <> 1)
) COMMENT 'who ''writes''';
CREATE TABLE authors (
    id bigint unsigned PRIMARY KEY AUTO_INCREMENT,
    name varchar(40) NOT NULL DEFAULT 'some''body' COMMENT 'as
printed',
    kind enum('a', 'x,y', 'Z') DEFAULT 'a',
    odd enum('it''s', 'b\\c'),
    email varchar(40) CHARACTER SET latin1,
    code varchar(10) COLLATE utf8mb4_bin,
    active bool NOT NULL DEFAULT true,
    extra json,
    other json NOT NULL DEFAULT '{}' CHECK (json_length(other) > 0),
    raw longtext CHECK (json_valid(raw)),
    token binary(16),
    price decimal(10, 2) DEFAULT -1.5 CHECK (price > -2),
    born date DEFAULT '2000-01-01',
    seen timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    at datetime(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    same varchar(10) DEFAULT NULL,
    word varchar(10) DEFAULT 'NULL',
    nothing varchar(10) DEFAULT '',
    unique_id varchar(36) DEFAULT uuid(),
    total int AS (price * 2) STORED,
    label varchar(50) AS (concat(name, 'x')) VIRTUAL,
    CONSTRAINT once UNIQUE (name, code),
    UNIQUE KEY short (name(3)),
    UNIQUE KEY falling (code, price DESC),
    UNIQUE KEY long_one (raw),
    CHECK (price > 0 OR name IN ('a', 'it''s')),
    CONSTRAINT `name's one` CHECK (`name` <> '')
);
CREATE TABLE books (
    id int PRIMARY KEY AUTO_INCREMENT,
    author bigint unsigned, editor bigint unsigned, reader bigint unsigned, first int, second int, parent int,
    title varchar(100), body text, place point NOT NULL,
    KEY plain (title, first), KEY prefix (title(5), second DESC), KEY `odd ``k".x` (body(20)),
    FULLTEXT KEY words (title, body), SPATIAL KEY places (place),
    KEY of_reader (reader),
    CONSTRAINT book_author FOREIGN KEY (author) REFERENCES authors (id) ON DELETE CASCADE ON UPDATE SET NULL,
    FOREIGN KEY (editor) REFERENCES authors (id) ON DELETE RESTRICT,
    CONSTRAINT reads_it FOREIGN KEY (reader) REFERENCES authors (id) ON DELETE NO ACTION,
    CONSTRAINT `to it` FOREIGN KEY (first, second) REFERENCES `Se``lect."it"` (`group by`, `order`),
    FOREIGN KEY (parent) REFERENCES books (id)
) COLLATE utf8mb4_unicode_ci;
CREATE TABLE hashed (id int, KEY hashed_id (id) USING HASH) ENGINE = MEMORY;
CREATE TABLE history (id int PRIMARY KEY) WITH SYSTEM VERSIONING;
CREATE VIEW seen AS SELECT name FROM authors;
CREATE SEQUENCE numbers;
CREATE TEMPORARY TABLE passing (id int);
