/* `tavana options [--markdown | OPTION...]`: what can be configured, from the table in config/options.h. */
#ifndef TAVANA_CMD_OPTIONS_H
#define TAVANA_CMD_OPTIONS_H

/* argv[0] is "options". The exit code: 0, 1 (could not write), 2 (an option that there is not). */
int cmd_options(int argc, char **argv);

#endif
