CREATE TABLE users (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email varchar(255) NOT NULL UNIQUE,
    phone varchar(20),
    name varchar(20) NOT NULL DEFAULT 'nobody' COMMENT 'how they are called',
    age int,
    mood enum('good', 'bad') NOT NULL DEFAULT 'good',
    changed_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    CONSTRAINT `ck-age` CHECK (age > 0)
) COMMENT 'who';
CREATE TABLE posts (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    owner_id int,
    title varchar(80),
    price int,
    amount int,
    total int GENERATED ALWAYS AS (price * amount) STORED,
    CONSTRAINT `fk-owner` FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX idx_title ON posts (title);
CREATE TABLE old (id int NOT NULL PRIMARY KEY, what text NOT NULL);
INSERT INTO users (email, age) VALUES ('ada@example.org', 30), ('bob@example.org', 40);
INSERT INTO posts (owner_id, title, price, amount) VALUES (1, '1', 2, 3), (2, '2', 3, 4);

-- becomes

CREATE TABLE users (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email varchar(100) NOT NULL,
    name varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'nobody',
    age bigint NOT NULL DEFAULT 0 COMMENT 'in years',
    mood enum('good', 'bad', 'it''s fine') NOT NULL DEFAULT 'it''s fine',
    changed_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    active bool NOT NULL DEFAULT true,
    seen_at datetime(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    CONSTRAINT `uq-users-name` UNIQUE (name, email),
    CONSTRAINT `ck-age` CHECK (age >= 0)
) COMMENT 'who it''s about';
CREATE TABLE posts (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    owner_id int,
    title int NOT NULL DEFAULT -1,
    price int,
    amount int,
    total int GENERATED ALWAYS AS (price + amount) VIRTUAL,
    CONSTRAINT `fk-owner` FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE UNIQUE INDEX idx_title ON posts (title, price);
CREATE INDEX `idx ``quoted``` ON posts (amount);
CREATE TABLE tags (
    id binary(16) NOT NULL PRIMARY KEY,
    post_id bigint NOT NULL,
    `order` int NOT NULL UNIQUE,
    share double DEFAULT 0.5,
    price decimal(10, 2) DEFAULT 0.10,
    code varchar(30) NOT NULL DEFAULT 'x''y' COMMENT 'three \\ letters',
    story text,
    CONSTRAINT `uq-tags` UNIQUE (post_id, `order`),
    CONSTRAINT `fk-tags` FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    CONSTRAINT `ck-tags` CHECK (`order` > 0 AND code <> 'z')
) COMMENT 'labels';
CREATE INDEX idx_code ON tags (code(3));
CREATE FULLTEXT INDEX idx_story ON tags (story);
CREATE TABLE `it's \ "odd"` (`a ``b``` varchar(10) NOT NULL, `select` int NOT NULL, PRIMARY KEY (`select`, `a ``b```));
