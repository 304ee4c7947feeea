/* Settings of PostgreSQL's planner, logs and files, which a session may ask for and set, and which make no
 * difference to what it is answered. settings.c keeps their values where they have been set. Of session/
 * alone. Pure. Any thread. Source: PostgreSQL 15 manual, chapter 20, and its pg_settings. */
#ifndef TAVANA_SESSION_SETTING_KNOWN_H
#define TAVANA_SESSION_SETTING_KNOWN_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

size_t setting_known_count(void);
/* Of one of them. */
const char *setting_known_name(size_t i);
/* What SHOW answers unless it is set. */
const char *setting_known_default(size_t i);
/* The value as it is shown, in out, which has room for n bytes. 22023 as in PostgreSQL; 42501: of a
 * superuser's; 0A000: what would make a difference; 54000. */
int setting_known_check(size_t i, const char *in, char *out, size_t n, struct err *e);
/* A checked value as pg_settings counts it, without its unit. */
void setting_known_counted(size_t i, const char *value, char *out, size_t n);

#endif
