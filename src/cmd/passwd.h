/* `tavana passwd NAME`: a line of the user file from a password. */
#ifndef TAVANA_CMD_PASSWD_H
#define TAVANA_CMD_PASSWD_H

/* argv[0] is "passwd". The exit code: 0, 1 (could not), 2 (wrong usage). */
int cmd_passwd(int argc, char **argv);

#endif
