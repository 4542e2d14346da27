-- The film rental store as it is documented for MySQL: small unsigned keys, a set of features, a full text beside each
-- film that triggers keep, routines that end with a result or a count, and lists as views. Written for these tests.

CREATE TABLE actor (
    actor_id smallint unsigned NOT NULL AUTO_INCREMENT,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (actor_id),
    KEY idx_actor_last_name (last_name)
);

CREATE TABLE country (
    country_id smallint unsigned NOT NULL AUTO_INCREMENT,
    country varchar(50) NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (country_id)
);

CREATE TABLE city (
    city_id smallint unsigned NOT NULL AUTO_INCREMENT,
    city varchar(50) NOT NULL,
    country_id smallint unsigned NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (city_id),
    KEY idx_fk_country_id (country_id),
    CONSTRAINT fk_city_country FOREIGN KEY (country_id) REFERENCES country (country_id)
        ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE address (
    address_id smallint unsigned NOT NULL AUTO_INCREMENT,
    address varchar(50) NOT NULL,
    address2 varchar(50) DEFAULT NULL,
    district varchar(20) NOT NULL,
    city_id smallint unsigned NOT NULL,
    postal_code varchar(10) DEFAULT NULL,
    phone varchar(20) NOT NULL,
    location geometry NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (address_id),
    KEY idx_fk_city_id (city_id),
    SPATIAL KEY idx_location (location),
    CONSTRAINT fk_address_city FOREIGN KEY (city_id) REFERENCES city (city_id) ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE category (
    category_id tinyint unsigned NOT NULL AUTO_INCREMENT,
    name varchar(25) NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (category_id)
);

CREATE TABLE language (
    language_id tinyint unsigned NOT NULL AUTO_INCREMENT,
    name char(20) NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (language_id)
);

-- A store has a manager, who works in a store.
CREATE TABLE store (
    store_id tinyint unsigned NOT NULL AUTO_INCREMENT,
    manager_staff_id tinyint unsigned NOT NULL,
    address_id smallint unsigned NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (store_id),
    UNIQUE KEY idx_unique_manager (manager_staff_id),
    KEY idx_fk_address_id (address_id),
    CONSTRAINT fk_store_address FOREIGN KEY (address_id) REFERENCES address (address_id)
        ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE staff (
    staff_id tinyint unsigned NOT NULL AUTO_INCREMENT,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL,
    address_id smallint unsigned NOT NULL,
    picture blob DEFAULT NULL,
    email varchar(50) DEFAULT NULL,
    store_id tinyint unsigned NOT NULL,
    active tinyint(1) NOT NULL DEFAULT 1,
    username varchar(16) NOT NULL,
    password varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (staff_id),
    KEY idx_fk_store_id (store_id),
    KEY idx_fk_address_id (address_id),
    CONSTRAINT fk_staff_store FOREIGN KEY (store_id) REFERENCES store (store_id) ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT fk_staff_address FOREIGN KEY (address_id) REFERENCES address (address_id)
        ON DELETE RESTRICT ON UPDATE CASCADE
);
ALTER TABLE store ADD CONSTRAINT fk_store_staff FOREIGN KEY (manager_staff_id) REFERENCES staff (staff_id)
    ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TABLE customer (
    customer_id smallint unsigned NOT NULL AUTO_INCREMENT,
    store_id tinyint unsigned NOT NULL,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL,
    email varchar(50) DEFAULT NULL,
    address_id smallint unsigned NOT NULL,
    active tinyint(1) NOT NULL DEFAULT 1,
    create_date datetime NOT NULL,
    last_update timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (customer_id),
    KEY idx_fk_store_id (store_id),
    KEY idx_fk_address_id (address_id),
    KEY idx_last_name (last_name),
    CONSTRAINT fk_customer_address FOREIGN KEY (address_id) REFERENCES address (address_id)
        ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT fk_customer_store FOREIGN KEY (store_id) REFERENCES store (store_id)
        ON DELETE RESTRICT ON UPDATE CASCADE
) COMMENT = 'Who rents; a customer belongs to a store.';

CREATE TABLE film (
    film_id smallint unsigned NOT NULL AUTO_INCREMENT,
    title varchar(128) NOT NULL,
    description text DEFAULT NULL,
    release_year year DEFAULT NULL,
    language_id tinyint unsigned NOT NULL,
    original_language_id tinyint unsigned DEFAULT NULL,
    rental_duration tinyint unsigned NOT NULL DEFAULT 3,
    rental_rate decimal(4,2) NOT NULL DEFAULT 4.99,
    length smallint unsigned DEFAULT NULL COMMENT 'in minutes',
    replacement_cost decimal(5,2) NOT NULL DEFAULT 19.99,
    rating enum('G','PG','PG-13','R','NC-17') DEFAULT 'G',
    special_features set('Trailers','Commentaries','Deleted Scenes','Behind the Scenes') DEFAULT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (film_id),
    KEY idx_title (title),
    KEY idx_fk_language_id (language_id),
    KEY idx_fk_original_language_id (original_language_id),
    CONSTRAINT fk_film_language FOREIGN KEY (language_id) REFERENCES language (language_id)
        ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT fk_film_language_original FOREIGN KEY (original_language_id) REFERENCES language (language_id)
        ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE film_actor (
    actor_id smallint unsigned NOT NULL,
    film_id smallint unsigned NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (actor_id, film_id),
    KEY idx_fk_film_id (film_id),
    CONSTRAINT fk_film_actor_actor FOREIGN KEY (actor_id) REFERENCES actor (actor_id)
        ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT fk_film_actor_film FOREIGN KEY (film_id) REFERENCES film (film_id) ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE film_category (
    film_id smallint unsigned NOT NULL,
    category_id tinyint unsigned NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (film_id, category_id),
    KEY fk_film_category_category (category_id),
    CONSTRAINT fk_film_category_film FOREIGN KEY (film_id) REFERENCES film (film_id)
        ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT fk_film_category_category FOREIGN KEY (category_id) REFERENCES category (category_id)
        ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE film_text (
    film_id smallint NOT NULL,
    title varchar(255) NOT NULL,
    description text,
    PRIMARY KEY (film_id),
    FULLTEXT KEY idx_title_description (title, description)
);

CREATE TABLE inventory (
    inventory_id mediumint unsigned NOT NULL AUTO_INCREMENT,
    film_id smallint unsigned NOT NULL,
    store_id tinyint unsigned NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (inventory_id),
    KEY idx_fk_film_id (film_id),
    KEY idx_store_id_film_id (store_id, film_id),
    CONSTRAINT fk_inventory_store FOREIGN KEY (store_id) REFERENCES store (store_id)
        ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT fk_inventory_film FOREIGN KEY (film_id) REFERENCES film (film_id) ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE rental (
    rental_id int NOT NULL AUTO_INCREMENT,
    rental_date datetime NOT NULL,
    inventory_id mediumint unsigned NOT NULL,
    customer_id smallint unsigned NOT NULL,
    return_date datetime DEFAULT NULL,
    staff_id tinyint unsigned NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (rental_id),
    UNIQUE KEY rental_date (rental_date, inventory_id, customer_id),
    KEY idx_fk_inventory_id (inventory_id),
    KEY idx_fk_customer_id (customer_id),
    KEY idx_fk_staff_id (staff_id),
    CONSTRAINT fk_rental_staff FOREIGN KEY (staff_id) REFERENCES staff (staff_id) ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT fk_rental_inventory FOREIGN KEY (inventory_id) REFERENCES inventory (inventory_id)
        ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT fk_rental_customer FOREIGN KEY (customer_id) REFERENCES customer (customer_id)
        ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE payment (
    payment_id smallint unsigned NOT NULL AUTO_INCREMENT,
    customer_id smallint unsigned NOT NULL,
    staff_id tinyint unsigned NOT NULL,
    rental_id int DEFAULT NULL,
    amount decimal(5,2) NOT NULL,
    payment_date datetime NOT NULL,
    last_update timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (payment_id),
    KEY idx_fk_staff_id (staff_id),
    KEY idx_fk_customer_id (customer_id),
    CONSTRAINT fk_payment_rental FOREIGN KEY (rental_id) REFERENCES rental (rental_id)
        ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT fk_payment_customer FOREIGN KEY (customer_id) REFERENCES customer (customer_id)
        ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT fk_payment_staff FOREIGN KEY (staff_id) REFERENCES staff (staff_id) ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TRIGGER customer_create_date BEFORE INSERT ON customer FOR EACH ROW SET NEW.create_date = NOW();
CREATE TRIGGER payment_date BEFORE INSERT ON payment FOR EACH ROW SET NEW.payment_date = NOW();
CREATE TRIGGER rental_date BEFORE INSERT ON rental FOR EACH ROW SET NEW.rental_date = NOW();

DELIMITER ;;
CREATE TRIGGER ins_film AFTER INSERT ON film FOR EACH ROW BEGIN
    INSERT INTO film_text (film_id, title, description) VALUES (NEW.film_id, NEW.title, NEW.description);
END;;

CREATE TRIGGER upd_film AFTER UPDATE ON film FOR EACH ROW BEGIN
    -- Only what the text shows.
    IF OLD.title <> NEW.title OR OLD.description <> NEW.description OR OLD.film_id <> NEW.film_id THEN
        UPDATE film_text SET title = NEW.title, description = NEW.description, film_id = NEW.film_id
        WHERE film_id = OLD.film_id;
    END IF;
END;;

CREATE TRIGGER del_film AFTER DELETE ON film FOR EACH ROW BEGIN
    DELETE FROM film_text WHERE film_id = OLD.film_id;
END;;

CREATE FUNCTION inventory_in_stock(p_inventory_id int) RETURNS tinyint(1) READS SQL DATA
BEGIN
    DECLARE v_rented int;
    SELECT COUNT(*) INTO v_rented FROM rental WHERE inventory_id = p_inventory_id AND return_date IS NULL;
    RETURN v_rented = 0;
END;;

CREATE FUNCTION inventory_held_by_customer(p_inventory_id int) RETURNS int READS SQL DATA
BEGIN
    DECLARE v_customer_id int;
    DECLARE EXIT HANDLER FOR NOT FOUND RETURN NULL;
    SELECT customer_id INTO v_customer_id FROM rental WHERE return_date IS NULL AND inventory_id = p_inventory_id;
    RETURN v_customer_id;
END;;

CREATE FUNCTION get_customer_balance(p_customer_id int, p_effective_date datetime) RETURNS decimal(5,2)
    DETERMINISTIC READS SQL DATA
BEGIN
    DECLARE v_rentals, v_payments decimal(5,2);
    SELECT IFNULL(SUM(film.rental_rate), 0) INTO v_rentals
        FROM film JOIN inventory USING (film_id) JOIN rental USING (inventory_id)
        WHERE rental.rental_date <= p_effective_date AND rental.customer_id = p_customer_id;
    SELECT IFNULL(SUM(payment.amount), 0) INTO v_payments
        FROM payment WHERE payment.payment_date <= p_effective_date AND payment.customer_id = p_customer_id;
    RETURN v_rentals - v_payments;
END;;

CREATE PROCEDURE film_in_stock(IN p_film_id int, IN p_store_id int, OUT p_film_count int) READS SQL DATA
BEGIN
    SELECT inventory_id FROM inventory
        WHERE film_id = p_film_id AND store_id = p_store_id AND inventory_in_stock(inventory_id);
    SELECT COUNT(*) INTO p_film_count FROM inventory
        WHERE film_id = p_film_id AND store_id = p_store_id AND inventory_in_stock(inventory_id);
END;;

CREATE PROCEDURE film_not_in_stock(IN p_film_id int, IN p_store_id int, OUT p_film_count int) READS SQL DATA
BEGIN
    SELECT COUNT(*) INTO p_film_count FROM inventory
        WHERE film_id = p_film_id AND store_id = p_store_id AND NOT inventory_in_stock(inventory_id);
END;;

CREATE PROCEDURE rewards_report(IN min_monthly_purchases tinyint unsigned, OUT count_rewardees int)
    READS SQL DATA
    COMMENT 'customers with enough purchases in the last month'
proc: BEGIN
    IF min_monthly_purchases = 0 THEN
        SELECT 'the number of purchases must be > 0';
        LEAVE proc;
    END IF;
    CREATE TEMPORARY TABLE tmp_customer (customer_id smallint unsigned NOT NULL PRIMARY KEY);
    INSERT INTO tmp_customer SELECT customer_id FROM payment GROUP BY customer_id
        HAVING COUNT(customer_id) > min_monthly_purchases;
    SELECT COUNT(*) FROM tmp_customer INTO count_rewardees;
    DROP TABLE tmp_customer;
END;;
DELIMITER ;

CREATE VIEW customer_list AS
    SELECT cu.customer_id AS ID, CONCAT(cu.first_name, ' ', cu.last_name) AS name, a.address AS address,
        a.postal_code AS `zip code`, a.phone AS phone, city.city AS city, country.country AS country,
        IF(cu.active, 'active', '') AS notes, cu.store_id AS SID
    FROM customer AS cu JOIN address AS a ON cu.address_id = a.address_id JOIN city ON a.city_id = city.city_id
        JOIN country ON city.country_id = country.country_id;

CREATE VIEW staff_list AS
    SELECT s.staff_id AS ID, CONCAT(s.first_name, ' ', s.last_name) AS name, a.address AS address, city.city AS city
    FROM staff AS s JOIN address AS a ON s.address_id = a.address_id JOIN city ON a.city_id = city.city_id;

CREATE VIEW film_list AS
    SELECT film.film_id AS FID, film.title AS title, category.name AS category, film.rental_rate AS price,
        GROUP_CONCAT(CONCAT(actor.first_name, ' ', actor.last_name) SEPARATOR ', ') AS actors
    FROM film LEFT JOIN film_category ON film_category.film_id = film.film_id
        LEFT JOIN category ON category.category_id = film_category.category_id
        LEFT JOIN film_actor ON film.film_id = film_actor.film_id
        LEFT JOIN actor ON film_actor.actor_id = actor.actor_id
    GROUP BY film.film_id, category.name;

CREATE VIEW sales_by_film_category AS
    SELECT c.name AS category, SUM(p.amount) AS total_sales
    FROM payment AS p JOIN rental AS r ON p.rental_id = r.rental_id JOIN inventory AS i ON r.inventory_id = i.inventory_id
        JOIN film AS f ON i.film_id = f.film_id JOIN film_category AS fc ON f.film_id = fc.film_id
        JOIN category AS c ON fc.category_id = c.category_id
    GROUP BY c.name ORDER BY total_sales DESC;

CREATE SQL SECURITY INVOKER VIEW actor_info AS
    SELECT a.actor_id, a.first_name, a.last_name,
        (SELECT GROUP_CONCAT(f.title ORDER BY f.title SEPARATOR '; ')
            FROM film AS f JOIN film_actor AS fa ON f.film_id = fa.film_id WHERE fa.actor_id = a.actor_id) AS film_info
    FROM actor AS a;
