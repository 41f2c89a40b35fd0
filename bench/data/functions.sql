-- A number from [0, 1) that looks random and is always the same for the same n and seed
CREATE FUNCTION chance(n bigint, seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
  RETURN (hashint8extended(n, seed) & 1048575) / 1048576.0;
