-- The ids of a product's dimension and of one of its values. Served by the unique indexes.
SELECT dimension.id, dimension_value.id
FROM dimension JOIN dimension_value ON dimension_value.dimension = dimension.id
WHERE dimension.product = ?1 AND dimension.name = ?2 AND dimension_value.value = ?3;
