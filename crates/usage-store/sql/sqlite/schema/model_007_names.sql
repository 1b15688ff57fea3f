-- Schema 7 of model.db: names of dimensions and numbers that nobody reports any more go, and how many of them a
-- product may have is bounded.

-- Whether a name was met since the model was emptied, and so has one of the places that there are.
ALTER TABLE dimension ADD COLUMN seen INTEGER NOT NULL DEFAULT 1;
ALTER TABLE number_key ADD COLUMN seen INTEGER NOT NULL DEFAULT 1;

-- How often names or values were forgotten: who remembers their ids must look them up again.
ALTER TABLE applied ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;

-- A row of dimension 0 and value 0 doubts all names of its product.
INSERT OR IGNORE INTO doubted (product, dimension, value) SELECT product, 0, 0 FROM dimension;
INSERT OR IGNORE INTO doubted (product, dimension, value) SELECT product, 0, 0 FROM number_key;
