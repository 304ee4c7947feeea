/* Lists and nothing else. */
#include "sql/catalog_rows.h"

#include "sql/catalog_rows.inc"
