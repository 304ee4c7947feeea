/* serial and its kin. Of sql/ alone. Pure. Any thread. */
#ifndef TAVANA_SQL_SERIAL_H
#define TAVANA_SQL_SERIAL_H

#include "sql/token.h"

/* The integer that a column of such a type has; NULL: it is none. Source: PostgreSQL 15 manual, 8.1.4. */
const char *sql_serial_type(const struct sql_token *t);

#endif
