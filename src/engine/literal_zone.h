/* A cast does not see the session, and so not its time zone. A text that names no zone is read in the
 * session's where it is a literal, while its statement is prepared by the session's own thread; elsewhere it
 * has to mean the same in every zone. Of engine/ alone. */
#ifndef TAVANA_ENGINE_LITERAL_ZONE_H
#define TAVANA_ENGINE_LITERAL_ZONE_H

struct engine_conn;
struct tz;

struct literal_zone {
    const struct tz *zone;      /* NULL: UTC … */
    const struct tz *elsewhere; /* … and a value has to mean the same here; NULL: it need not */
};

/* This thread prepares a statement of the connection, whose literals are read meanwhile; NULL: no more. */
void literal_zone_of(const struct engine_conn *c);
/* Where this thread reads a text now; both NULL in UTC. */
struct literal_zone literal_zone_take(void);
void literal_zone_leave(struct literal_zone *z);

#endif
