/* Texts as dates and moments by the session's DateStyle and time zone, which a cast of the engine's does not
 * know: functions that statements call before such a cast. Of engine/ alone. Any thread. */
#ifndef TAVANA_ENGINE_SESSION_CASTS_H
#define TAVANA_ENGINE_SESSION_CASTS_H

#include "base/err.h"

struct engine_conn;

/* pg_date_of, pg_timestamp_of, pg_timestamptz_of: a text becomes one, with 22007 and 22008; dates, timestamps
 * and moments stay what they are. Once for a database. XX000 */
int session_casts_register(struct engine_conn *c, struct err *e);

#endif
