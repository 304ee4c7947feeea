/* The value of DateStyle: a style and an order. Of session/ alone. Pure. */
#ifndef TAVANA_SESSION_SETTING_DATES_H
#define TAVANA_SESSION_SETTING_DATES_H

#include <stddef.h>

struct err;

/* "SQL, DMY" of what a user wrote; a part that he left out is empty: ", DMY". 22023. */
int setting_datestyle(const char *name, const char *in, char *out, size_t room, struct err *e);
/* Fills the parts that are left out from the value that counted before. */
void setting_datestyle_complete(char *value, size_t room, const char *before);

#endif
