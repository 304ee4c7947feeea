/* `tavana serve`: gateway and engine in one process. */
#ifndef TAVANA_CMD_SERVE_H
#define TAVANA_CMD_SERVE_H

/* argv[0] is "serve". The exit code: 0 after an orderly stop, 1 when it could not start, 2 for a wrong
 * option. */
int cmd_serve(int argc, char **argv);

#endif
