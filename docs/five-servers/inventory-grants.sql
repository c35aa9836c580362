-- After `durable-backup inventory import`, run as the owner, has made the tables: psql -d inventory -f inventory-grants.sql
GRANT SELECT, UPDATE ON inventory_articles TO inventory;
GRANT SELECT, INSERT ON inventory_reservations TO inventory;
