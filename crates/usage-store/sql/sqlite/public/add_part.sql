-- Publishes a part of a week that was not published before. Served by the primary key.
INSERT INTO public_part (product, from_day, chart, name, servers, customers) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
