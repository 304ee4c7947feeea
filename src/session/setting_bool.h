/* Of session/ alone. Pure. Any thread. */
#ifndef TAVANA_SESSION_SETTING_BOOL_H
#define TAVANA_SESSION_SETTING_BOOL_H

/* Boolean words as PostgreSQL reads them: unique prefixes of true, false, yes, no; on, off; 1, 0. -1: it is
 * none. */
int setting_bool(const char *in);

#endif
